/** What `embed.js` does on another site's page. */

import './call-widget.js';

/**
 * Put an element where the script stands, with its `data-…` attributes; none without `data-agent-id`.
 * @param {HTMLScriptElement} script
 */
export function place(script) {
  if (script.dataset.agentId === undefined) return;
  const element = document.createElement('parley-call');
  Object.assign(element.dataset, script.dataset);
  const insert = () => (script.closest('body') ? script.after(element) : document.body.append(element));
  if (document.body) insert();
  else document.addEventListener('DOMContentLoaded', insert, { once: true });
}
