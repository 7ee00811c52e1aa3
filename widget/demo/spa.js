/** Views by the address, as a framework's router makes them: elements come late, go, and come again. */

const view = /** @type {HTMLElement} */ (document.getElementById('view'));
const template = /** @type {HTMLTemplateElement} */ (document.getElementById('call'));

/** @param {Record<string, string>} attributes */
function call(attributes) {
  const element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** @param {string} text */
function heading(text) {
  const element = document.createElement('h1');
  element.textContent = text;
  return element;
}

/** @type {Record<string, () => Node[]>} */
const views = {
  '#support': () => [heading('Support'), call({ variant: 'full', 'text-input': '', 'data-meta-topic': 'support' })],
  '#two': () => [heading('Two teams'), call({ 'data-meta-team': 'sales' }), call({ 'data-meta-team': 'service' })],
};

function show() {
  view.replaceChildren(...(views[location.hash]?.() ?? [heading('Home')]));
}

addEventListener('hashchange', show);
show();
