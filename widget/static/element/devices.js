/** Which microphone is listened to. */

import { build } from './dom.js';

export class Devices {
  #label = build('label', { for: 'microphone' });
  #select = /** @type {HTMLSelectElement} */ (build('select', { id: 'microphone' }));
  element = build('div', { class: 'card devices', part: 'devices', hidden: '' }, this.#label, this.#select);
  #standard = '';

  /** @param {(microphoneId: string) => void} onChoice gets a `deviceId`; empty: the default one */
  constructor(onChoice) {
    this.#select.onchange = () => onChoice(this.#select.value);
  }

  /** @param {import('./strings.js').Strings} strings */
  dress(strings) {
    this.#label.textContent = strings.microphone;
    this.#standard = strings.standard;
  }

  /** @param {boolean} shown */
  show(shown) {
    this.element.hidden = !shown;
    navigator.mediaDevices?.[shown ? 'addEventListener' : 'removeEventListener']('devicechange', this.#list);
    if (shown) {
      void this.#list();
      this.#select.focus();
    }
  }

  /** Browsers name the devices once one may be listened to. */
  #list = async () => {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const named = devices.filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId && deviceId !== 'default');
    const chosen = this.#select.value;
    const options = named.map(({ deviceId, label }) => new Option(label || deviceId, deviceId));
    this.#select.replaceChildren(new Option(this.#standard, ''), ...options);
    this.#select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
  };
}
