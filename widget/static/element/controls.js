/** The tools of a running call: mute, the choice of the devices, and between speaking and typing. */

import { build, drawPath, label } from './dom.js';
import { OUTLINES } from './outlines.js';
import { Phase } from '../sdk/state.js';

/**
 * @typedef {object} Wishes
 * @property {(muted: boolean) => void} onMute
 * @property {(voice: boolean) => void} onVoice
 * @property {(kind: keyof Chosen, deviceId: string) => void} onDevice
 *
 * @typedef {import('./chosen.js').Chosen} Chosen
 * @typedef {import('./devices.js').Devices} Devices
 */

/** @param {string} part */
const tool = (part) => build('button', { type: 'button', class: 'tool', part });

/**
 * @param {HTMLElement} button
 * @param {import('./outlines.js').Outline} outline
 * @param {boolean} pressed
 */
function press(button, outline, pressed) {
  if (button.ariaPressed === String(pressed)) return;
  button.ariaPressed = String(pressed);
  button.replaceChildren(drawPath(OUTLINES[outline]));
}

export class Controls {
  #mute = tool('mute');
  #voice = tool('voice');
  #settings = tool('settings');
  /** @type {Promise<Devices> | undefined} loaded when they are first opened */
  #devices;
  #prepare;
  /** @type {import('./strings.js').Strings | undefined} */
  #strings;
  #row = build('div', { class: 'row', part: 'controls' }, this.#mute, this.#voice, this.#settings);
  #wanted = { mute: true, devices: true, 'text-input': false };
  /** @type {HTMLElement} */
  element;

  /**
   * @param {ShadowRoot} root of the widget
   * @param {Wishes} wishes
   * @param {Chosen} chosen the devices in use
   * @param {(path: string) => Promise<any>} load of a module of static/
   */
  constructor(root, { onMute, onVoice, onDevice }, chosen, load) {
    this.#prepare = async () => {
      /** @type {typeof import('./devices.js')} */
      const { Devices } = await load('element/devices.js');
      const devices = new Devices(root, chosen, onDevice);
      this.element.append(devices.element);
      return devices;
    };
    this.element = build('div', { class: 'controls' }, this.#row);
    this.#mute.onclick = () => onMute(this.#mute.ariaPressed !== 'true');
    this.#voice.onclick = () => onVoice(this.#voice.ariaPressed !== 'true');
    this.#settings.append(drawPath(OUTLINES.settings));
    this.#settings.onclick = () => this.#open(this.#settings.ariaExpanded !== 'true');
    this.#settings.ariaExpanded = 'false';
    this.element.onkeydown = (event) => {
      if (event.key !== 'Escape' || this.#settings.ariaExpanded !== 'true') return;
      event.preventDefault();
      this.#open(false);
      this.#settings.focus();
    };
  }

  /**
   * @param {import('./attributes.js').Settings} settings
   * @param {import('./strings.js').Strings} strings
   */
  dress(settings, strings) {
    this.#wanted = settings;
    label(this.#mute, strings.mute);
    label(this.#voice, strings.speak);
    label(this.#settings, strings.devices);
    this.#strings = strings;
    void this.#devices?.then((devices) => devices.dress(strings));
  }

  /**
   * @param {import('../sdk/state.js').CallState} state
   * @param {boolean} muted
   */
  render({ phase, voice }, muted) {
    const runs = phase === Phase.READY || phase === Phase.RECONNECTING;
    this.#row.hidden = !runs;
    this.#mute.hidden = !voice || !this.#wanted.mute;
    this.#settings.hidden = !voice || !this.#wanted.devices;
    this.#voice.hidden = voice && !this.#wanted['text-input'];
    press(this.#mute, muted ? 'mic-off' : 'mic', muted);
    press(this.#voice, 'wave', voice);
    if (!runs || !voice) this.#open(false);
  }

  /** @param {boolean} open */
  async #open(open) {
    if (this.#settings.ariaExpanded === String(open)) return;
    this.#settings.ariaExpanded = String(open);
    try {
      const devices = await (this.#devices ??= this.#prepare());
      if (this.#strings) devices.dress(this.#strings);
      await devices.show(this.#settings.ariaExpanded === 'true');
    } catch (error) {
      this.#devices = undefined;
      this.#settings.ariaExpanded = 'false';
      console.error('Parley', error);
    }
  }
}
