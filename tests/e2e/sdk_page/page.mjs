// Drives @millisai/web-sdk as an application would. Address: ?endPoint=ws://…/millis&publicKey=…&agent=…
// and optionally &metadata={…} and &continue=<session id>. Everything that the client tells is kept in
// `window.events` as {name, data, payload, atMs}; `data` of `onaudio` is its number of bytes.

import Millis from '@millisai/web-sdk';

const NAMES = [
  'onopen',
  'onready',
  'onsessionended',
  'onaudio',
  'onresponsetext',
  'ontranscript',
  'onfunction',
  'analyzer',
  'useraudioready',
  'onlatency',
  'onclose',
  'onerror',
  'onagentstate',
  'ai_action',
];

const parameters = new URLSearchParams(location.search);

window.events = [];
window.restarts = 0;

/** What of an argument can be kept and read from outside the page. */
function plain(value) {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return value.byteLength;
  if (value instanceof CloseEvent) return { code: value.code, reason: value.reason };
  if (value instanceof Event || value instanceof AnalyserNode) return value.constructor.name;
  if (value?.stream instanceof MediaStream) return 'stream';
  return value;
}

function start() {
  const client = Millis.createClient({
    publicKey: parameters.get('publicKey') ?? '',
    endPoint: parameters.get('endPoint') ?? '',
  });
  for (const name of NAMES) {
    client.on(name, (data, payload) => {
      window.events.push({ name, data: plain(data), payload: plain(payload), atMs: performance.now() });
    });
  }
  window.client = client;
  const metadata = JSON.parse(parameters.get('metadata') ?? '{}');
  const earlier = parameters.get('continue');
  const agent = { agent_id: parameters.get('agent') ?? '' };
  if (earlier) client.start({ agent, metadata, session_continuation: { session_id: earlier } });
  else client.start(agent.agent_id, metadata);
}

// The package's worklet reads `inputs[0][0].length` and dies of a first quantum that comes before the microphone's:
// on a busy machine, in a few starts of a hundred. No audio is ever sent then, and the application starts again.
window.AudioWorkletNode = class extends AudioWorkletNode {
  constructor(...options) {
    super(...options);
    this.onprocessorerror = () => {
      window.client.removeAllListeners();
      window.client.stop();
      window.events = [];
      window.restarts += 1;
      start();
    };
  }
};

document.getElementById('start').onclick = start;
document.getElementById('stop').onclick = () => window.client.stop();
