/** The forms that the agent shows in a call, each until it is answered or taken away. */

/**
 * @typedef {import('./web-form.js').WebForm} WebForm
 * @typedef {import('./web-form.js').FormWords} FormWords
 * @typedef {import('./web-form.js').FormValues} FormValues
 */

export class Forms {
  #place;
  #load;
  /** @type {Promise<typeof import('./web-form.js')> | undefined} */
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
   * @param {string} callId
   * @param {WebForm} form
   * @param {FormWords} words
   * @param {string} css declarations, or a colour
   * @param {(values: FormValues | null) => void} onAnswer once, unless it is taken away; null: it was closed
   */
  async show(callId, form, words, css, onAnswer) {
    this.#shown.set(callId, () => {});
    const { showForm } = await (this.#module ??= this.#prepare());
    if (!this.#shown.has(callId)) return;
    const declarations = css.includes(':') || !css ? css : `background: ${css}`;
    const remove = showForm(this.#place, form, words, declarations, (values) => {
      this.#shown.delete(callId);
      onAnswer(values);
    });
    this.#shown.set(callId, remove);
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

  async #prepare() {
    /** @type {typeof import('./web-form.js')} */
    const module = await this.#load('element/web-form.js');
    module.styleForms(/** @type {ShadowRoot} */ (this.#place.getRootNode()));
    return module;
  }
}
