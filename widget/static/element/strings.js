/** The words of the widget, in the language of its page. Pure. */

/**
 * @typedef {typeof import('../strings/en.js').default} Strings
 * @typedef {import('../sdk/problems.js').Problem} Problem
 */

/**
 * @param {Strings} strings of a language
 * @param {Partial<Strings>} own words of the page, which win
 * @returns {Strings}
 */
export function stringsOf(strings, own) {
  const problems = { ...strings.problems, ...own.problems };
  return { ...strings, ...own, problems, form: { ...strings.form, ...own.form } };
}

/**
 * @param {string} text
 * @param {Readonly<Record<string, string | number>>} values for what stands in braces
 * @returns {string}
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (braces, name) => String(values[name] ?? braces));
}
