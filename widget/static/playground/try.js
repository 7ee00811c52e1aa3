/** The page where an agent is tried: the widget calls, and this shows what happens beside it. */

import '../call-widget.js';
import { pairsOf } from './lines.js';
import { barsOf } from './waits.js';

const MAX_EVENTS = 200;
const STATES = { idle: 'listening', prepare_answer: 'thinking', answer: 'speaking', pause: 'interrupted' };
const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const call = part('call');
const metadata = /** @type {HTMLTextAreaElement} */ (part('metadata'));

/**
 * @param {string} name without its prefix
 * @param {(detail: any) => void} tell
 */
function on(name, tell) {
  call.addEventListener(`parley:${name}`, (event) => tell(/** @type {CustomEvent} */ (event).detail));
}

/**
 * @param {string} text
 * @param {string} [kind] of the badge
 */
function showState(text, kind = '') {
  Object.assign(part('state'), { textContent: text, className: `badge ${kind}` });
}

/**
 * @param {string} what
 * @param {string} [detail]
 */
function note(what, detail) {
  const list = part('events');
  const item = document.createElement('li');
  const title = Object.assign(document.createElement('strong'), { textContent: what });
  item.append(title);
  if (detail) item.append(Object.assign(document.createElement('code'), { textContent: detail }));
  list.append(item);
  while (list.childElementCount > MAX_EVENTS) list.firstElementChild?.remove();
  list.hidden = false;
  part('no-events').hidden = true;
  list.scrollTop = list.scrollHeight;
}

/** @param {string} sessionId of a call that has ended */
function showRecord(sessionId) {
  const link = /** @type {HTMLAnchorElement} */ (part('record'));
  link.href = new URL(`calls/${encodeURIComponent(sessionId)}`, new URL('/console/', location.href)).href;
  link.hidden = false;
}

/** @param {any} metrics */
function showWait(metrics) {
  const bars = barsOf(metrics);
  if (!bars.length) return;
  part('no-answers').hidden = true;
  part('legend').hidden = false;
  const item = document.createElement('li');
  const total = Math.round(metrics.first_audio);
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', '0 0 100 12');
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('role', 'img');
  const words = bars.map(({ part: name, from, to }) => `${name} ${Math.round(from)} to ${Math.round(to)} ms`).join(', ');
  picture.setAttribute('aria-label', `${total} ms: ${words}`);
  bars.forEach(({ part: name, from, to }, row) => {
    const bar = document.createElementNS(SVG, 'rect');
    const at = { x: (100 * from) / total, y: row * 4, width: Math.max(0.6, (100 * (to - from)) / total), height: 3.4 };
    for (const [key, value] of Object.entries(at)) bar.setAttribute(key, String(value));
    bar.setAttribute('class', name);
    picture.append(bar);
  });
  item.append(picture, Object.assign(document.createElement('span'), { textContent: `${total} ms` }));
  part('waits').append(item);
}

on('start', (detail) => {
  Object.assign(detail.metadata, pairsOf(metadata.value));
  for (const id of ['waits', 'events']) part(id).replaceChildren();
  part('record').hidden = true;
  showState('connecting', 'accent');
});
on('ready', ({ sessionId }) => {
  part('session').textContent = sessionId ?? 'unknown';
  showState('listening', 'good');
});
on('agentstate', ({ state }) => showState(STATES[/** @type {keyof typeof STATES} */ (state)] ?? state, 'good'));
on('reconnecting', () => showState('reconnecting', 'warn'));
on('reconnected', () => showState('listening', 'good'));
on('error', ({ problem, detail }) => note(problem, detail));
on('ended', ({ sessionId, reason, problem }) => {
  if (sessionId) showRecord(sessionId);
  showState(problem ? 'ended with a problem' : 'ended', problem ? 'bad' : '');
  note('the call ended', reason ?? '');
});
on('function', ({ name, params }) => note(name, JSON.stringify(params)));
on('action', ({ action }) => note(String(action)));
on('metrics', showWait);
