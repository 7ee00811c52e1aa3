/** The style of what opens in the panel when it is wanted: terms to agree to, the choice of devices. */

export const CARD_CSS = `
.card {
  display: flex; flex-direction: column; gap: 10px; flex: none; width: 100%; max-width: 30rem; padding: 14px 16px;
  border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); overflow-wrap: anywhere;
}
.card p { margin: 0; }
.primary, .plain { min-height: 44px; padding: 8px 18px; border: 1px solid var(--line); border-radius: 999px; background: none; color: inherit; font-weight: 600; }
.primary { border-color: transparent; background: var(--parley-button, #4338ca); color: var(--parley-button-text, #fff); }
/* Beside one another: above the tools there is little room. */
.devices { display: grid; grid-template-columns: auto minmax(9rem, 1fr); align-items: center; }
select {
  width: 100%; min-width: 0; min-height: 44px; padding: 8px 14px; border: 1px solid var(--muted); border-radius: 999px;
  background: var(--surface); color: inherit; font: inherit; font-size: 16px;
}
`;
