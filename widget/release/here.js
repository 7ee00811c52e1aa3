/** `import.meta.url` for modules that run within the classic script of a release (build.mjs). */

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);

/** Where call-widget.js would stand. */
export const here = `${script?.src}/../widget/`;
