/** DOM without markup: nothing here is ever parsed as HTML, so that no host's Trusted Types policy is needed. */

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * An unchanged text is left alone, so that it is not read out again.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The words of a button that shows an icon alone.
 * @param {HTMLElement} button
 * @param {string} words
 */
export function label(button, words) {
  button.ariaLabel = words;
  button.title = words;
}

/**
 * Constructed, so that no policy of the embedding page needs to allow inline styles.
 * @param {string} css
 * @returns {CSSStyleSheet}
 */
export function sheetOf(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/**
 * @param {ShadowRoot} root
 * @param {string} css added to its styles
 */
export function adopt(root, css) {
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheetOf(css)];
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} d on a grid of 24
 * @returns {SVGSVGElement} hidden from assistive technology: every button has words
 */
export function drawPath(d) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', d);
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('part', 'icon');
  svg.append(path);
  return svg;
}
