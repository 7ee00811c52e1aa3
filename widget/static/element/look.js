/** How a widget looks, as the `look` attribute or the `c` parameter of the page says. Pure. */

/**
 * @typedef {'idle' | 'connecting' | 'running'} Face what the button shows
 * @typedef {object} Look
 * @property {Readonly<Record<Face, string>>} titles
 * @property {Readonly<Record<Face, string>>} icons Iconify names
 * @property {string} buttonCss declarations
 * @property {string} formCss declarations, of the forms that an agent shows
 * @property {number | undefined} size of the button, in px
 * @property {boolean} transcript whether it is shown
 */

/** @type {Look} */
export const DEFAULT_LOOK = Object.freeze({
  titles: Object.freeze({ idle: 'Start', connecting: 'Connecting…', running: 'Stop' }),
  icons: Object.freeze({ idle: 'f7:mic', connecting: 'tabler:dots', running: 'f7:mic-slash' }),
  buttonCss: '',
  formCss: '',
  size: undefined,
  transcript: true,
});

/**
 * Read the `look` attribute. What is not of its type is left at its default.
 * @param {string | null} json
 * @returns {Look}
 */
export function parseLook(json) {
  const given = parseObject(json);
  const { buttonCss, formCss, size, transcript } = given;
  return {
    titles: faces(given.titles, DEFAULT_LOOK.titles),
    icons: faces(given.icons, DEFAULT_LOOK.icons),
    buttonCss: typeof buttonCss === 'string' ? buttonCss : DEFAULT_LOOK.buttonCss,
    formCss: typeof formCss === 'string' ? formCss : DEFAULT_LOOK.formCss,
    size: typeof size === 'number' && size > 0 ? size : DEFAULT_LOOK.size,
    transcript: typeof transcript === 'boolean' ? transcript : DEFAULT_LOOK.transcript,
  };
}

/**
 * @param {unknown} given
 * @param {Readonly<Record<Face, string>>} defaults
 * @returns {Readonly<Record<Face, string>>}
 */
function faces(given, defaults) {
  /** @type {Record<string, unknown>} */
  const values = typeof given === 'object' && given !== null ? { ...given } : {};
  /** @param {Face} face */
  const value = (face) => {
    const text = values[face];
    return typeof text === 'string' && text !== '' ? text : defaults[face];
  };
  return { idle: value('idle'), connecting: value('connecting'), running: value('running') };
}

/**
 * @param {string | null} json
 * @returns {Record<string, unknown>} empty when the text is not a JSON object
 */
export function parseObject(json) {
  try {
    const value = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
