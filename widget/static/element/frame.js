/** What stands on the page before the first use: the button, or the launcher of a panel that is still closed. */

import { build, drawPath, sheetOf, write } from './dom.js';
import { FRAME_CSS } from './frame-styles.js';
import { directionOf } from './language.js';
import { textOf } from './read.js';

export class Frame {
  #title = build('span', { class: 'title', part: 'title' });
  talk = build('button', { type: 'button', class: 'talk', part: 'button' });
  stage = build('div', { class: 'stage', part: 'stage' }, this.talk);
  panel = build('div', { class: 'panel', part: 'panel' }, this.stage);
  #label = build('span', { class: 'title' });
  launcher = build('button', { type: 'button', class: 'launcher', part: 'launcher' });
  call = build('div', { class: 'call', part: 'widget' }, this.panel, this.launcher);
  #drawn = '';

  /** @param {ShadowRoot} root empty */
  constructor(root) {
    this.root = root;
    root.adoptedStyleSheets = [sheetOf(FRAME_CSS)];
    root.append(this.call);
  }

  /**
   * Lay out as the attributes say.
   * @param {HTMLElement} host
   * @param {string} language
   */
  dress(host, language) {
    const { call, launcher } = this;
    const variant = textOf(host, 'variant') ?? 'button';
    const compact = variant === 'compact';
    const corner = document.dir === 'rtl' ? 'bottom-left' : 'bottom-right';
    const place = textOf(host, 'placement') ?? (compact ? corner : 'inline');
    Object.assign(call.dataset, { variant, place });
    // The browser refuses what is no scheme, as auto.
    call.style.colorScheme = textOf(host, 'theme') ?? '';
    call.lang = language;
    call.dir = directionOf(language);
    launcher.hidden = !compact;
    const expanded = launcher.ariaExpanded ?? String(textOf(host, 'expanded') !== undefined);
    this.open(!compact || expanded === 'true');
  }

  /** @param {boolean} open whether the panel is shown */
  open(open) {
    this.panel.hidden = !open;
    this.launcher.ariaExpanded = String(open);
  }

  /**
   * @param {import('./look.js').Face} face
   * @param {string} title of the button
   * @param {string} icon of the button, a path
   * @param {string} label of the launcher
   */
  show(face, title, icon, label) {
    write(this.#title, title);
    write(this.#label, label);
    this.call.dataset.face = face;
    // Drawn anew only when it changes: a press must find the same button under the finger.
    if (this.#drawn === icon) return;
    this.#drawn = icon;
    this.talk.replaceChildren(drawPath(icon), this.#title);
    if (face === 'idle') this.launcher.replaceChildren(drawPath(icon), this.#label);
  }
}
