/** The words of the widget, in the language of its page. Pure. */

import ENGLISH from '../strings/en.js';

/**
 * @typedef {typeof ENGLISH} Strings
 * @typedef {import('../sdk/problems.js').Problem} Problem
 */

/**
 * @param {...Partial<Strings>} layers the later wins
 * @returns {Strings}
 */
export function stringsOf(...layers) {
  const problems = Object.assign({}, ENGLISH.problems, ...layers.map((layer) => layer.problems));
  const form = Object.assign({}, ENGLISH.form, ...layers.map((layer) => layer.form));
  return Object.assign({}, ENGLISH, ...layers, { problems, form });
}

/**
 * @param {string} text
 * @param {Readonly<Record<string, string | number>>} values for what stands in braces
 * @returns {string}
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (braces, name) => String(values[name] ?? braces));
}
