/** Events by name, with the methods that programs for the reference client call. */

/**
 * @typedef {(...args: any[]) => void} Listener of an event whose arguments nobody knows beforehand
 */

/**
 * @template {object} Events the listener's type by the event's name
 */
export class Emitter {
  /** @type {Map<string, Array<{listener: Listener, once: boolean}>>} */
  #entries = new Map();

  /**
   * @template {(keyof Events & string) | (string & {})} Name
   * @param {Name} name
   * @param {Name extends keyof Events ? Events[Name] : Listener} listener called for every event of that name
   * @returns {this}
   */
  on(name, listener) {
    return this.#add(name, /** @type {Listener} */ (listener), false);
  }

  /**
   * @template {(keyof Events & string) | (string & {})} Name
   * @param {Name} name
   * @param {Name extends keyof Events ? Events[Name] : Listener} listener called for the next event of that name only
   * @returns {this}
   */
  once(name, listener) {
    return this.#add(name, /** @type {Listener} */ (listener), true);
  }

  /**
   * @template {(keyof Events & string) | (string & {})} Name
   * @param {Name} name
   * @param {Name extends keyof Events ? Events[Name] : Listener} [listener] without it, all listeners of the event go
   * @returns {this}
   */
  off(name, listener) {
    const kept = listener ? (this.#entries.get(name) ?? []).filter((entry) => entry.listener !== listener) : [];
    this.#entries.set(name, kept);
    return this;
  }

  /**
   * The same as `on`.
   * @template {(keyof Events & string) | (string & {})} Name
   * @param {Name} name
   * @param {Name extends keyof Events ? Events[Name] : Listener} listener
   * @returns {this}
   */
  addListener(name, listener) {
    return this.on(name, listener);
  }

  /**
   * The same as `off`.
   * @template {(keyof Events & string) | (string & {})} Name
   * @param {Name} name
   * @param {Name extends keyof Events ? Events[Name] : Listener} [listener]
   * @returns {this}
   */
  removeListener(name, listener) {
    return this.off(name, listener);
  }

  /**
   * @param {string} [name] without it, the listeners of all events go
   * @returns {this}
   */
  removeAllListeners(name) {
    if (name === undefined) this.#entries.clear();
    else this.#entries.delete(name);
    return this;
  }

  /**
   * @param {string} name
   * @returns {number}
   */
  listenerCount(name) {
    return this.#entries.get(name)?.length ?? 0;
  }

  /**
   * Call the listeners. What one throws is reported as uncaught, and neither the others nor the call suffer from it.
   * @param {string} name
   * @param {...any} args
   * @returns {boolean} whether anybody listened
   */
  emit(name, ...args) {
    const entries = this.#entries.get(name) ?? [];
    if (entries.some(({ once }) => once)) this.#entries.set(name, entries.filter(({ once }) => !once));
    for (const { listener } of entries) {
      try {
        listener.apply(this, args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return entries.length > 0;
  }

  /**
   * @param {string} name
   * @param {Listener} listener
   * @param {boolean} once
   * @returns {this}
   */
  #add(name, listener, once) {
    this.#entries.set(name, [...(this.#entries.get(name) ?? []), { listener, once }]);
    return this;
  }
}
