/** The style of what a call shows. Contrast as in frame-styles.js. */

export const PANEL_CSS = `
:host {
  --user: var(--parley-user, light-dark(#0f766e, #5eead4)); --muted: var(--parley-muted, light-dark(#565d6d, #aab1c2));
  --tint: light-dark(#eef0fb, #2a2f4a); --radius: var(--parley-radius, 16px);
  --alert: light-dark(#fff1f0, #3a1a1a); --alert-line: light-dark(#f3b8b3, #7a302c); --alert-text: light-dark(#8f1d14, #ffc9c4);
}
button { touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
.talk, .launcher { transition: transform .15s, filter .15s; }
.talk:hover, .launcher:hover { filter: brightness(.92); }
.talk:active, .launcher:active { transform: scale(.97); }
svg { stroke-linejoin: round; }
.call { text-align: start; text-transform: none; text-indent: 0; white-space: normal; letter-spacing: normal; word-spacing: normal; }
.stage, .talk { position: relative; }
.talk:focus-visible { outline-offset: 9px; }
.talk { text-align: center; overflow-wrap: anywhere; }
.talk svg { min-width: 20px; max-width: 72px; }
.launcher { align-self: flex-end; }
[data-place$="left"]:not([dir="rtl"]) .launcher, [dir="rtl"][data-place$="right"] .launcher { align-self: flex-start; }
canvas {
  position: absolute; inset: 0; margin: auto; width: 100%; max-width: 44rem; height: 100%; border: 0 solid var(--user); color: var(--accent);
  pointer-events: none; mask-image: linear-gradient(90deg, transparent, #000 50%, transparent);
}
[data-face="running"] .talk { background: var(--parley-stop, linear-gradient(160deg, #dc2626, #991b1b)); }
[data-face="connecting"] .talk::after {
  content: ""; position: absolute; inset: -8px; border-radius: inherit; border: 3px solid var(--accent);
  animation: wait 1.2s ease-in-out infinite alternate;
}
[data-face="running"] .launcher .title::before {
  content: ""; display: inline-block; width: .6em; aspect-ratio: 1; margin-inline-end: .5em; border-radius: 50%; background: #4ade80;
}
@keyframes wait { from { opacity: .15; } }
.panel { overflow: hidden auto; }
.header { display: flex; align-items: center; gap: 4px; width: 100%; }
.header:not(:has(button:not([hidden]))) { display: none; }
.heading { flex: 1; margin: 0; font-size: 15px; font-weight: 600; }
.tool {
  display: inline-grid; place-items: center; min-width: 44px; min-height: 44px; padding: 0 10px; border: 1px solid transparent; border-radius: 999px;
  background: none; color: var(--text);
}
.tool:hover { background: var(--tint); }
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
.problem > * { display: block; }
.problem > :nth-child(3) { margin-top: 4px; font-size: 12.5px; }
.log {
  display: flex; flex-direction: column; gap: 8px; width: 100%; max-width: 38rem; min-height: 0;
  max-height: var(--parley-transcript-height, 17rem); flex: 0 1 auto; overflow-y: auto; overscroll-behavior: contain;
  scrollbar-width: thin; padding: 1px;
}
.line {
  max-width: 88%; padding: 7px 13px 8px; border: 1px solid var(--line); border-radius: var(--radius);
  background: var(--surface); overflow-wrap: anywhere;
}
.line[data-speaker="agent"] { align-self: flex-start; border-end-start-radius: 5px; }
.line[data-speaker="user"] { align-self: flex-end; border-end-end-radius: 5px; background: var(--tint); }
.line[data-open] .text { color: var(--muted); }
.name { display: block; font-size: 12px; font-weight: 600; }
[data-speaker="agent"] .name { color: var(--accent); }
[data-speaker="user"] .name { color: var(--user); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.controls { display: flex; flex-direction: column-reverse; align-items: center; gap: 10px; flex: none; max-width: 100%; }
.controls .tool, .composer .tool { border-color: var(--line); background: var(--surface); }
.tool[aria-pressed="true"], .tool[aria-expanded="true"] { background: var(--tint); border-color: var(--accent); }
.composer { display: flex; gap: 6px; flex: none; width: 100%; max-width: 38rem; }
.composer input {
  flex: 1; min-width: 0; min-height: 44px; padding: 8px 14px; border: 1px solid var(--muted); border-radius: 999px;
  background: var(--surface); color: inherit; font: inherit; font-size: 16px;
}
::placeholder { color: var(--muted); opacity: 1; }
[dir="rtl"] .composer svg { transform: scaleX(-1); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.call:not([data-variant="button"]) .panel {
  padding: 12px 16px 16px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface);
}
[data-variant="full"] .log { flex: 1; max-height: none; }
.call[data-place*="-"]:not([data-variant="button"]) .panel {
  width: 360px; max-width: calc(100vw - 2 * var(--parley-offset, 20px)); height: auto; max-height: min(640px, calc(100dvh - 120px));
  box-shadow: 0 18px 50px -12px rgb(15 23 42 / 45%);
}
[data-variant="compact"] .talk { --size: var(--parley-size, 96px); }
@media (min-height: 281px) {
  .log:not(:empty) { min-height: 5rem; }
}
@media (forced-colors: active) {
  .talk, .launcher { background: ButtonFace !important; }
  .tool[aria-pressed="true"], .tool[aria-expanded="true"] { border: 3px solid Highlight; }
}
@media (prefers-reduced-motion: reduce) {
  * { transition: none !important; animation: none !important; }
  button:active { transform: none !important; }
}
@media (max-height: 280px) {
  .panel { gap: 6px; padding: 8px; }
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
  .controls { position: absolute; inset-block-start: 14px; inset-inline-end: 8px; }
  .controls .row { gap: 4px; }
  .controls .tool { min-width: 36px; min-height: 36px; padding: 0; }
}
@media (max-height: 280px) and (max-width: 280px) {
  .controls { display: none; }
}
@media (max-height: 180px) {
  .status:has(~ .log:not(:empty)) { display: none; }
}
`;
