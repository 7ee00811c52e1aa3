/** Attributes of an element that say nothing: most are misspelt. Pure. */

/** What every element may have, and what frameworks write on any; `data-…` is read elsewhere. */
const GENERAL = /^(id|class|style|lang|dir|title|hidden|slot|part|role|tabindex|nonce|is|aria-.*|data-.*|on.*|_.*|.*[^a-z-].*)$/;

/**
 * @param {Element} element
 * @param {readonly string[]} names that we know
 * @returns {string[]} the attributes that we do not know, each with the one that was probably meant
 */
export function unknownAttributes(element, names) {
  return element
    .getAttributeNames()
    .filter((name) => !names.includes(name) && !GENERAL.test(name))
    .map((name) => {
      const meant = names.find((known) => known.replaceAll('-', '') === name.replaceAll('-', ''));
      return `there is no attribute ${name}${meant ? `, but ${meant}` : ''}`;
    });
}
