/** Which language an element speaks. Pure. */

/** English comes with the widget; each of the others is a module of strings/, loaded when it is needed. */
const KNOWN = /^(en|ar|de|es|fr|it|ja|nl|pl|pt|zh)(?![a-z])/i;

/**
 * @param {readonly (string | null | undefined)[]} wishes BCP 47, the most important first
 * @returns {string} the first that we have, by its primary subtag; else en
 */
export function languageOf(wishes) {
  const known = wishes.map((wish) => KNOWN.exec(wish ?? '')).find(Boolean);
  return known ? known[1].toLowerCase() : 'en';
}

/**
 * @param {string} language BCP 47
 * @returns {'rtl' | 'ltr'}
 */
export function directionOf(language) {
  return /^(ar|fa|he|ur)/.test(language) ? 'rtl' : 'ltr';
}
