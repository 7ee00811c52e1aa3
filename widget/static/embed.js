/**
 * The loader for other sites, a classic script:
 * `<script src="https://HOST/embed.js" data-agent-id="…" data-public-key="…" data-meta-user-name="Ann"></script>`
 * puts a call button where it stands; without `data-agent-id` it only makes `<parley-call>` known.
 */

(() => {
  const ATTRIBUTES = ['data-agent-id', 'data-public-key', 'data-media-url', 'data-metadata', 'data-token', 'data-look'];
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (!script) {
    console.error('Parley: load embed.js with a plain <script src="…/embed.js">, without type="module".');
    return;
  }
  import(new URL('widget/call-widget.js', script.src).href).catch((error) => {
    console.error('Parley: the call button could not be loaded.', error);
  });
  if (script.dataset.agentId === undefined) return;

  const element = document.createElement('parley-call');
  for (const { name, value } of script.attributes) {
    if (name.startsWith('data-meta-')) element.setAttribute(name, value);
    else if (ATTRIBUTES.includes(name)) element.setAttribute(name.slice('data-'.length), value);
  }
  const place = () => (script.closest('head') ? document.body.append(element) : script.after(element));
  if (document.body) place();
  else document.addEventListener('DOMContentLoaded', place, { once: true });
})();
