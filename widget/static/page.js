/** The page inside the iframe: the element, set up by the page's data block (widget/templates/embedded.html.j2). */

import { connectWithParent } from './bridge.js';
import { ParleyCall } from './call-widget.js';
import { directionOf, languageOf } from './element/language.js';
import * as widget from './element/widget.js';

// The page is there for the call alone: it brings everything at once.
ParleyCall.loadWidget = () => Promise.resolve(widget);

const data = JSON.parse(document.getElementById('parley-page')?.textContent ?? '{}');
const { background, attributes = {}, ...look } = data.look;

for (const warning of data.warnings) console.warn(`Parley: ${warning}`);

const language = attributes.language || languageOf(navigator.languages);
Object.assign(document.documentElement, { lang: language, dir: directionOf(language) });
if (attributes.theme) document.documentElement.style.colorScheme = attributes.theme;
if (background) document.body.style.background = background;

const element = /** @type {ParleyCall} */ (document.createElement('parley-call'));
element.setAttribute('agent-id', data.agent_id);
element.setAttribute('public-key', data.public_key);
element.setAttribute('metadata', JSON.stringify(data.metadata));
element.setAttribute('look', JSON.stringify(look));
for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
if (data.media_url) element.setAttribute('media-url', data.media_url);
if (data.token) element.setAttribute('token', data.token);
connectWithParent(element, data.origins);
document.getElementById('call')?.append(element);

// The page is called as the widget is; the browser has these words already, or will in a moment.
import(new URL(`strings/${languageOf([language])}.js`, import.meta.url).href).then(({ default: strings }) => {
  document.title = strings.widget;
  const heading = document.querySelector('h1');
  if (heading) heading.textContent = strings.widget;
});
