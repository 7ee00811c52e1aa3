// Drives a client as an application would. Address: ?endPoint=ws://…/millis&publicKey=…&agent=…
// and optionally &metadata={…}, &continue=<session id>, &start=[arguments of start], &config={…} and &client=: a version of
// @millisai/web-sdk, or parley. Everything that the client tells is kept in `window.events` as
// {name, data, payload, atMs}; `data` of `onaudio` is its number of bytes.

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
  'something_new',
];

const parameters = new URLSearchParams(location.search);
const { default: sdk } = await import(parameters.get('client') ?? '1.0.15');

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

/** A new client's first call; `given` are the arguments of its start. */
function begin(...given) {
  const client = sdk.createClient({
    publicKey: parameters.get('publicKey') ?? '',
    endPoint: parameters.get('endPoint') ?? '',
    ...JSON.parse(parameters.get('config') ?? '{}'),
  });
  for (const name of NAMES) {
    client.on(name, (data, payload) => {
      window.events.push({ name, data: plain(data), payload: plain(payload), atMs: performance.now() });
    });
  }
  window.client = client;
  window.again(...given);
}

/** Another call of the same client. */
window.again = (...given) => {
  window.given = given;
  window.client.start(...given).catch((error) => {
    window.refusal = { isError: error instanceof Error, name: error.name, problem: error.problem };
  });
};

/** What the address asks for. */
function first() {
  const given = parameters.get('start');
  if (given) return JSON.parse(given);
  const metadata = JSON.parse(parameters.get('metadata') ?? '{}');
  const agent = { agent_id: parameters.get('agent') ?? '' };
  const earlier = parameters.get('continue');
  return earlier ? [{ agent, metadata, session_continuation: { session_id: earlier } }] : [agent.agent_id, metadata];
}

// The reference package's worklet reads `inputs[0][0].length` and dies of a first quantum that comes before the microphone's:
// on a busy machine, in a few starts of a hundred. No audio is ever sent then, and the application starts again.
window.AudioWorkletNode = class extends AudioWorkletNode {
  constructor(...options) {
    super(...options);
    this.onprocessorerror = () => {
      window.client.removeAllListeners();
      window.client.stop();
      window.events = [];
      window.restarts += 1;
      begin(...window.given);
    };
  }
};

document.getElementById('start').onclick = () => begin(...first());
document.getElementById('stop').onclick = () => window.client.stop();
document.body.dataset.loaded = '';
