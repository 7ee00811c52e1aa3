/** Modules that only some pages ask for: icons of a look, terms to agree to. One that cannot be loaded is tried again. */

export class Extras {
  #load;
  #onArrival;
  /** @type {Map<string, any>} undefined while one is on its way */
  #modules = new Map();

  /**
   * @param {(path: string) => Promise<any>} load of a module of static/
   * @param {() => void} onArrival called when one is there that was not before
   */
  constructor(load, onArrival) {
    this.#load = load;
    this.#onArrival = onArrival;
  }

  /**
   * @param {string} path
   * @returns {any} the module; undefined when it is only now asked for
   */
  want(path) {
    if (!this.#modules.has(path)) {
      this.#modules.set(path, undefined);
      void this.#fetch(path);
    }
    return this.#modules.get(path);
  }

  /** @param {string} path */
  async #fetch(path) {
    try {
      this.#modules.set(path, await this.#load(path));
    } catch (error) {
      this.#modules.delete(path);
      console.error('Parley', error);
      return;
    }
    this.#onArrival();
  }
}
