/** How a widget looks, as its attributes or the `c` parameter of the page say (protocol.md 3). Pure. */

/**
 * @typedef {'idle' | 'connecting' | 'running'} Face what the button shows
 * @typedef {object} Look
 * @property {Partial<Record<Face, string>>} titles
 * @property {Partial<Record<Face, string>>} icons Iconify names
 * @property {string} buttonCss declarations
 * @property {string} formCss declarations, or a colour
 * @property {number | undefined} size of the button, in px
 * @property {boolean} transcript whether it is shown
 */

/**
 * What is not of its type is left out.
 * @param {Pick<import('./attributes.js').Settings, 'look' | 'titles' | 'icons' | 'transcript'>} settings
 * @returns {Look}
 */
export function lookOf({ look, titles, icons, transcript }) {
  const { buttonCss, formCss, size } = look;
  return {
    titles: { ...facesOf(look.titles), ...facesOf(titles) },
    icons: { ...facesOf(look.icons), ...facesOf(icons) },
    buttonCss: typeof buttonCss === 'string' ? buttonCss : '',
    formCss: typeof formCss === 'string' ? formCss : '',
    size: typeof size === 'number' && size > 0 ? size : undefined,
    transcript: transcript && look.transcript !== false,
  };
}

/**
 * @param {unknown} given
 * @returns {Partial<Record<Face, string>>}
 */
function facesOf(given) {
  const faces = Object(given);
  const texts = ['idle', 'connecting', 'running'].map((face) => [face, faces[face]]);
  return Object.fromEntries(texts.filter(([, text]) => typeof text === 'string' && text));
}
