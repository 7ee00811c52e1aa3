/** Which microphone is listened to and, where the browser lets one choose, which loudspeaker speaks. */

import { CARD_CSS } from './card-styles.js';
import { adopt, build } from './dom.js';

/** @typedef {import('./chosen.js').Chosen} Chosen */

/** @param {keyof Chosen} kind */
function field(kind) {
  const select = /** @type {HTMLSelectElement} */ (build('select', { id: kind }));
  return { kind, label: build('label', { for: kind }), select };
}

export class Devices {
  #fields = [field('audioinput'), ...('setSinkId' in AudioContext.prototype ? [field('audiooutput')] : [])];
  element = build('div', { class: 'card devices', part: 'devices', hidden: '' }, ...this.#fields.flatMap(({ label, select }) => [label, select]));
  #chosen;
  #standard = '';
  #shown = false;

  /**
   * @param {ShadowRoot} root of the widget
   * @param {Chosen} chosen the ones in use
   * @param {(kind: keyof Chosen, deviceId: string) => void} onChoice an empty id is the default device
   */
  constructor(root, chosen, onChoice) {
    adopt(root, CARD_CSS);
    this.#chosen = chosen;
    for (const { kind, select } of this.#fields) select.onchange = () => onChoice(kind, select.value);
  }

  /** @param {import('./strings.js').Strings} strings */
  dress(strings) {
    const words = { audioinput: strings.microphone, audiooutput: strings.loudspeaker };
    for (const { kind, label } of this.#fields) label.textContent = words[kind];
    this.#standard = strings.standard;
  }

  /** @param {boolean} shown once they are listed */
  async show(shown) {
    this.#shown = shown;
    this.element.hidden = true;
    navigator.mediaDevices[shown ? 'addEventListener' : 'removeEventListener']('devicechange', this.#list);
    if (!shown) return;
    await this.#list();
    if (!this.#shown) return;
    this.element.hidden = false;
    this.#fields[0].select.focus();
  }

  /** Browsers name the devices once one may be listened to. */
  #list = async () => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const { kind, label, select } of this.#fields) {
      const named = devices.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== 'default');
      const options = named.map((device) => new Option(device.label || device.deviceId, device.deviceId));
      const chosen = this.#chosen[kind];
      select.replaceChildren(new Option(this.#standard, ''), ...options);
      select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
      // A page may be allowed to use a microphone and no loudspeaker but the default one.
      select.hidden = label.hidden = kind === 'audiooutput' && named.length === 0;
    }
  };
}
