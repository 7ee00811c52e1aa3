/** `name: value`, one a line, as the console's forms write objects. Pure. */

/**
 * What does not look so is left out, and so is a name without a value.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function pairsOf(text) {
  /** @type {Record<string, string>} */
  const pairs = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (colon > 0 && name && value) pairs[name] = value;
  }
  return pairs;
}
