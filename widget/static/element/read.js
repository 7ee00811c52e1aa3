/** Attributes of an element, each as it is or with `data-` before it, which a loader's script has (loader.js). Pure. */

/**
 * @param {Element} element
 * @param {string} name
 * @returns {string | undefined} undefined when it is not there; a flag's false counts as not there
 */
export function textOf(element, name) {
  const text = element.getAttribute(name) ?? element.getAttribute(`data-${name}`);
  return text === null || text === 'false' ? undefined : text;
}

/**
 * @param {string | undefined} text
 * @returns {Record<string, any> | undefined} undefined when it is no JSON object
 */
export function jsonOf(text) {
  try {
    const value = JSON.parse(text ?? '');
    return Object(value) === value && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
