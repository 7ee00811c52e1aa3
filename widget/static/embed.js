/**
 * The loader for other sites, a classic script:
 * `<script src="https://HOST/embed.js" data-agent-id="…" data-public-key="…" data-meta-user-name="Ann"></script>`
 * puts a call button where it stands; without `data-agent-id` it only makes `<parley-call>` known.
 */

(() => {
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (!script) {
    console.error('Parley: load embed.js without type="module".');
    return;
  }
  import(new URL('widget/loader.js', script.src).href).then(
    ({ place }) => place(script),
    (error) => console.error('Parley: the call button could not be loaded.', error),
  );
})();
