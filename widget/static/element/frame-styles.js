/**
 * The style of what stands on the page before the first use: palette, place and button.
 *
 * Text stands on surfaces of its own everywhere: the page behind may have any colour. Colours follow the
 * `color-scheme` of the page, or `theme`. Contrast of text is at least 4.5:1, of the button's outline and focus ring 3:1.
 */

export const FRAME_CSS = `
:host {
  display: block; --accent: var(--parley-accent, light-dark(#4f46e5, #a5b4fc));
  --surface: var(--parley-surface, light-dark(#fff, #1b1f29)); --text: var(--parley-text, light-dark(#171a22, #eef0f6));
  --line: light-dark(#d5d9e6, #363c4b);
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.call {
  display: flex; flex-direction: column; gap: 12px; height: 100%;
  color: var(--text); font: 400 15px/1.45 var(--parley-font, system-ui, sans-serif);
}
[data-place*="-"] { position: fixed; z-index: var(--parley-z-index, 2147483000); height: auto; }
[data-place^="b"] { bottom: var(--parley-offset, 20px); }
[data-place^="t"] { top: var(--parley-offset, 20px); flex-direction: column-reverse; }
[data-place$="right"] { right: var(--parley-offset, 20px); }
[data-place$="left"] { left: var(--parley-offset, 20px); }
.panel { display: flex; flex-direction: column; align-items: center; gap: 14px; min-height: 0; height: 100%; padding: 20px 16px; }
.stage { display: grid; place-items: center; flex: none; width: 100%; padding: 12px 0; }
button { font: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.talk, .launcher {
  display: flex; align-items: center; justify-content: center; gap: 8px; min-height: 52px; padding: 0 20px; border: 2px solid transparent; border-radius: 999px; color: var(--parley-button-text, #fff);
  background: var(--parley-button, linear-gradient(160deg, #5f5bec, #4338ca)) border-box;
  box-shadow: 0 0 0 6px var(--surface), 0 0 0 7px var(--line); font-weight: 600; line-height: 1.15;
}
.talk {
  flex-direction: column; width: var(--size); height: var(--size); max-width: 100%; padding: 0 2px;
  --size: var(--parley-size, 124px); font-size: clamp(11px, var(--size) * .113, 18px);
}
svg { flex: none; width: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
.talk svg { width: calc(var(--size) * .3); }
`;
