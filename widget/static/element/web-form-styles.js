/** The style of the forms that an agent shows; the palette is that of the frame and the panel. */

export const FORM_CSS = `
.forms { display: contents; }
.form {
  display: flex; flex-direction: column; gap: 12px; flex: none; width: 100%; max-width: 30rem; padding: 16px;
  border: 1px solid var(--line); border-radius: 14px;
  background: var(--surface); color: var(--text); font-size: 15px; text-align: start;
}
.form h2 { margin: 0; font-size: 16px; font-weight: 600; overflow-wrap: anywhere; }
.form .field { display: flex; flex-direction: column; gap: 4px; }
.form .field.choice { flex-flow: row wrap; align-items: center; gap: 8px; }
.form label { font-weight: 600; overflow-wrap: anywhere; }
.form .optional { font-weight: 400; color: var(--muted); }
.form input:not([type="checkbox"]) {
  width: 100%; min-height: 40px; padding: 8px 10px; border: 1px solid var(--muted); border-radius: 8px;
  background: var(--surface); color: inherit; font: inherit; font-size: 16px;
}
.form input[type="checkbox"] { width: 20px; height: 20px; margin: 0; }
.form input[aria-invalid="true"] { border-color: var(--alert-text); border-width: 2px; }
.form .error { margin: 0; width: 100%; color: var(--alert-text); font-size: 14px; }
.form .error:empty { display: none; }
.form .actions { display: flex; flex-wrap: wrap; gap: 10px; }
.form button {
  min-height: 40px; padding: 8px 18px; border: 1px solid var(--line); border-radius: 999px;
  background: var(--surface); color: inherit; font: inherit; font-weight: 600; cursor: pointer;
}
.form button[type="submit"] { border-color: transparent; background: #4338ca; color: #fff; }
.form :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-height: 260px) {
  .form { flex: 0 1 auto; min-height: 0; overflow-y: auto; padding: 10px 12px; gap: 8px; }
}
@media (forced-colors: active) {
  .form button { border: 2px solid ButtonText; }
}
`;
