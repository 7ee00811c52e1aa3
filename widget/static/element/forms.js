/** The forms that the agent shows in a call, each until it is answered or taken away. */

/**
 * @typedef {import('./web-form.js').WebForm} WebForm
 * @typedef {import('./web-form.js').FormWords} FormWords
 * @typedef {import('./web-form.js').FormValues} FormValues
 */

export class Forms {
  #place;
  #load;
  /** @type {Promise<typeof import('./web-form.js')> | undefined} one for all: forms come in the order of their calls */
  #module;
  /** @type {Map<string, () => void>} how to take away the form of a call of a function */
  #shown = new Map();

  /**
   * @param {HTMLElement} place
   * @param {(path: string) => Promise<any>} load of a module of static/
   */
  constructor(place, load) {
    this.#place = place;
    this.#load = load;
  }

  /**
   * @param {string} callId of one that is shown already when a lost connection is back
   * @param {WebForm} form
   * @param {FormWords} words
   * @param {string} css declarations, or a colour
   * @param {(values: FormValues | null) => void} onAnswer once, unless it is taken away; null: it was closed, or cannot be shown
   */
  async show(callId, form, words, css, onAnswer) {
    const answer = (/** @type {FormValues | null} */ values) => {
      if (this.#shown.delete(callId)) onAnswer(values);
    };
    if (this.#shown.has(callId)) return;
    this.#shown.set(callId, () => {});
    try {
      const { showForm } = await (this.#module ??= this.#load('element/web-form.js'));
      if (!this.#shown.has(callId)) return;
      const declarations = css.includes(':') || !css ? css : `background: ${css}`;
      this.#shown.set(callId, showForm(this.#place, form, words, declarations, answer));
    } catch (error) {
      this.#module = undefined;
      console.error('Parley', error);
      answer(null);
    }
  }

  /**
   * Take away the form of a call of a function, if there is one; without `callId` all of them.
   * @param {string} [callId]
   */
  remove(callId) {
    for (const [shown, remove] of [...this.#shown]) {
      if (callId !== undefined && shown !== callId) continue;
      this.#shown.delete(shown);
      remove();
    }
  }
}
