/** Variables in texts, found and filled in as the server does it (functions/callcore/variables.py). Pure. */

/**
 * `{name}`, or `{<name>}` as the vendor's page prints it.
 *
 * Python's `\w` is every letter and number of Unicode, and the underscore.
 */
const PLACE = /\{(?:<([\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63})>|([\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}))\}/gu;

/**
 * @typedef {object} Piece
 * @property {string} text as it stands there
 * @property {string} [name] of the variable that it is
 *
 * @param {string} text
 * @returns {readonly Piece[]} in order; together they are the text
 */
export function piecesOf(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let end = 0;
  for (const place of text.matchAll(PLACE)) {
    if (place.index > end) pieces.push({ text: text.slice(end, place.index) });
    pieces.push({ text: place[0], name: place[1] ?? place[2] });
    end = place.index + place[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/**
 * @param {string} text
 * @param {Readonly<Record<string, string>>} values
 * @returns {string} what is not known stays as it is
 */
export function rendered(text, values) {
  return piecesOf(text)
    .map(({ text: written, name }) => (name !== undefined && Object.hasOwn(values, name) ? values[name] : written))
    .join('');
}
