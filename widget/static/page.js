/** The page inside the iframe: the element, set up by the page's data block (widget/templates/embedded.html.j2). */

import { ParleyCall } from './call-widget.js';
import * as widget from './element/widget.js';

// The page is there for the call alone: it brings everything at once.
ParleyCall.loadWidget = () => Promise.resolve(widget);

const data = JSON.parse(document.getElementById('parley-page')?.textContent ?? '{}');

for (const warning of data.warnings) console.warn(`Parley: ${warning}`);

const element = document.createElement('parley-call');
element.setAttribute('agent-id', data.agent_id);
element.setAttribute('public-key', data.public_key);
element.setAttribute('metadata', JSON.stringify(data.metadata));
element.setAttribute('look', JSON.stringify(data.look));
if (data.media_url) element.setAttribute('media-url', data.media_url);
if (data.token) element.setAttribute('token', data.token);
if (data.look.background) document.body.style.background = data.look.background;
document.getElementById('call')?.append(element);
