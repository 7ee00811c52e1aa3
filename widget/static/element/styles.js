/**
 * The widget's style sheet. Constructed, so that no policy on the embedding page needs to allow inline styles.
 *
 * Text stands on surfaces of its own everywhere: the page behind may have any colour. Colours follow the
 * `color-scheme` of the page. Contrast of text is at least 4.5:1, of the button's outline and focus ring 3:1.
 */

const CSS = `
:host {
  display: block;
  --agent: #4f46e5; --user: #0f766e; --stop: #b91c1c;
  --surface: #ffffff; --tint: #eef0fb; --line: #d5d9e6; --text: #171a22; --muted: #565d6d;
  --alert: #fff1f0; --alert-line: #f3b8b3; --alert-text: #8f1d14;
  color: var(--text);
  font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  text-align: start;
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --agent: light-dark(#4f46e5, #a5b4fc); --user: light-dark(#0f766e, #5eead4); --stop: light-dark(#b91c1c, #b91c1c);
    --surface: light-dark(#ffffff, #1b1f29); --tint: light-dark(#eef0fb, #2a2f4a); --line: light-dark(#d5d9e6, #363c4b);
    --text: light-dark(#171a22, #eef0f6); --muted: light-dark(#565d6d, #aab1c2);
    --alert: light-dark(#fff1f0, #3a1a1a); --alert-line: light-dark(#f3b8b3, #7a302c);
    --alert-text: light-dark(#8f1d14, #ffc9c4);
  }
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.call { display: flex; flex-direction: column; align-items: center; gap: 14px; height: 100%; padding: 20px 16px; }
.stage { position: relative; display: grid; place-items: center; flex: none; width: 100%; padding: 12px 0; }
canvas {
  position: absolute; inset: 0; margin: auto; width: 100%; max-width: 44rem; height: 100%; border: 0 solid var(--user); color: var(--agent);
  pointer-events: none;
}
.talk {
  position: relative; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 6px;
  width: var(--size, 124px); height: var(--size, 124px); max-width: 100%;
  padding: 0 calc(var(--size, 124px) * .09);
  border: 0; border-radius: 50%; color: #fff; background: linear-gradient(160deg, #5f5bec, #4338ca);
  box-shadow: 0 0 0 6px var(--surface), 0 0 0 7px var(--line), 0 14px 30px -8px rgb(49 46 129 / 45%);
  font: inherit; font-size: clamp(11px, calc(var(--size, 124px) * .113), 18px); font-weight: 600; line-height: 1.15;
  text-align: center; overflow-wrap: break-word; cursor: pointer; touch-action: manipulation;
  -webkit-tap-highlight-color: transparent; transition: transform .15s, filter .15s;
}
.talk:hover { filter: brightness(.92); }
.talk:active { transform: scale(.97); }
.talk:focus-visible { outline: 3px solid var(--agent); outline-offset: 9px; }
.talk svg {
  flex: none; width: clamp(20px, calc(var(--size, 124px) * .3), 72px); aspect-ratio: 1; fill: none;
  stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
[data-face="running"] .talk { background: linear-gradient(160deg, #dc2626, #991b1b); }
[data-face="connecting"] .talk::after {
  content: ""; position: absolute; inset: -8px; border-radius: inherit; border: 3px solid var(--agent);
  animation: wait 1.2s ease-in-out infinite alternate;
}
@keyframes wait { from { opacity: .15; } }
.status {
  flex: none; max-width: 100%; min-height: 30px; margin: 0; padding: 3px 14px; border: 1px solid var(--line);
  border-radius: 999px; background: var(--surface); color: var(--muted); font-size: 14px;
}
.status:empty { visibility: hidden; }
.status:has(+ .problem:not(:empty)) { display: none; }
.problem {
  flex: none; width: 100%; max-width: 30rem; padding: 10px 14px; border: 1px solid var(--alert-line); border-radius: 12px;
  background: var(--alert); color: var(--alert-text); font-size: 14px; overflow-wrap: anywhere;
}
.problem:empty { display: none; }
.problem strong, .problem span { display: block; }
.problem .detail { margin-top: 4px; font-size: 12.5px; }
.log {
  display: flex; flex-direction: column; gap: 8px; width: 100%; max-width: 38rem; min-height: 0;
  max-height: var(--parley-transcript-height, 17rem); flex: 0 1 auto; overflow-y: auto; overscroll-behavior: contain;
  scrollbar-width: thin; padding: 1px;
}
.log:focus-visible { outline: 3px solid var(--agent); outline-offset: 2px; }
.line {
  max-width: 88%; padding: 7px 13px 8px; border: 1px solid var(--line); border-radius: 16px;
  background: var(--surface); overflow-wrap: anywhere;
}
.line[data-speaker="agent"] { align-self: flex-start; border-end-start-radius: 5px; }
.line[data-speaker="user"] { align-self: flex-end; border-end-end-radius: 5px; background: var(--tint); }
.line[data-open] .text { color: var(--muted); }
.name { display: block; font-size: 12px; font-weight: 600; }
[data-speaker="agent"] .name { color: var(--agent); }
[data-speaker="user"] .name { color: var(--user); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none; }
@media (max-height: 280px) {
  .call { gap: 6px; padding: 8px; }
  .stage { padding: 4px 0; }
  .talk:not([data-sized]) {
    flex-direction: row; gap: 8px; width: auto; height: 46px; padding: 0 20px; border-radius: 999px; font-size: 15px;
    box-shadow: 0 0 0 3px var(--surface), 0 0 0 4px var(--line);
  }
  .talk:not([data-sized]) svg { width: 20px; }
  .talk:focus-visible { outline-offset: 5px; }
  .status { min-height: 0; padding: 1px 12px; font-size: 13px; }
  .problem { padding: 6px 10px; font-size: 13px; overflow-y: auto; flex: 0 1 auto; }
  .problem:not(:empty) + .log { display: none; }
  .line { max-width: 100%; padding: 3px 10px 4px; border-radius: 10px; font-size: 14px; }
  .name { display: inline; margin-inline-end: 6px; }
}
@media (max-height: 180px) {
  .status:has(~ .log:not(:empty)) { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  .talk { transition: none; }
  .talk:active { transform: none; }
  [data-face="connecting"] .talk::after { animation: none; }
}
@media (forced-colors: active) {
  .talk { border: 2px solid ButtonText; }
}
`;

/** @returns {CSSStyleSheet} */
export function widgetStyles() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
