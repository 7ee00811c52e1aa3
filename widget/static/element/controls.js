/** The tools of a running call: mute, the choice of the microphone, and between speaking and typing. */

import { build, drawPath, label } from './dom.js';
import { Devices } from './devices.js';
import { OUTLINES } from './outlines.js';
import { Phase } from '../sdk/state.js';

/**
 * @typedef {object} Wishes
 * @property {(muted: boolean) => void} onMute
 * @property {(voice: boolean) => void} onVoice
 * @property {(microphoneId: string) => void} onMicrophone
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
  #devices;
  #row = build('div', { class: 'row', part: 'controls' }, this.#mute, this.#voice, this.#settings);
  #wanted = { mute: true, devices: true, 'text-input': false };
  /** @type {HTMLElement} */
  element;

  /** @param {Wishes} wishes */
  constructor({ onMute, onVoice, onMicrophone }) {
    this.#devices = new Devices(onMicrophone);
    this.element = build('div', { class: 'controls' }, this.#row, this.#devices.element);
    this.#mute.onclick = () => onMute(this.#mute.ariaPressed !== 'true');
    this.#voice.onclick = () => onVoice(this.#voice.ariaPressed !== 'true');
    this.#settings.append(drawPath(OUTLINES.settings));
    this.#settings.onclick = () => this.#open(this.#settings.ariaExpanded !== 'true');
    this.#settings.ariaExpanded = 'false';
    this.#devices.element.onkeydown = (event) => {
      if (event.key !== 'Escape') return;
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
    this.#devices.dress(strings);
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
  #open(open) {
    if (this.#settings.ariaExpanded === String(open)) return;
    this.#settings.ariaExpanded = String(open);
    this.#devices.show(open);
  }
}
