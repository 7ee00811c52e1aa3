import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { createClient } from '../../../widget/static/sdk/client.js';

/** What a browser asks its user, in order; each is answered with a stream. */
let wishes;

class Node {
  port = { postMessage() {} };
  connect = (to) => to;
  disconnect() {}
}

class Context {
  state = 'running';
  audioWorklet = { addModule: async () => {} };
  createMediaStreamSource = () => new Node();
  async close() {}
}

/** @param {string} name */
function stream(name) {
  const track = { name, live: true, stop: () => (track.live = false) };
  return { track, getTracks: () => [track], getAudioTracks: () => [track] };
}

const getUserMedia = () => new Promise((resolve) => wishes.push(resolve));
const page = {
  isSecureContext: true,
  document: {},
  location: { protocol: 'https:' },
  navigator: { mediaDevices: { getUserMedia } },
  AudioContext: Context,
  AudioWorkletNode: Node,
  AnalyserNode: Node,
  MediaStreamAudioSourceNode: Node,
  GainNode: Node,
};
for (const [name, value] of Object.entries({ ...page, self: page, window: page })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

let sent;

beforeEach(() => {
  wishes = [];
  sent = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A typed call that has begun. */
async function typed() {
  let events;
  const transport = (_, given) => {
    events = given;
    return { send: (data) => sent.push(data), close: () => events.onClose({ code: 1000, reason: '' }) };
  };
  const made = createClient({ publicKey: 'KEY', endPoint: 'ws://host/millis', transport });
  await made.start({ agent: { agent_id: '-A' }, voice: false });
  events.onOpen();
  events.onText(JSON.stringify({ method: 'onready', payload: { session_id: 's1' } }));
  sent.length = 0;
  return made;
}

test('who types again before the microphone is open is not told to be heard', async () => {
  const made = await typed();
  const starting = made.startVoice();
  made.stopVoice();
  const microphone = stream('late');
  wishes[0](microphone);
  await starting;
  assert.deepEqual(sent.map((text) => JSON.parse(text).data), [false]);
  assert.equal(microphone.track.live, false);
});

test('of two microphones that are chosen quickly one after the other, one is in use', async () => {
  const made = await typed();
  const starting = made.startVoice();
  const streams = ['first', 'second', 'third'].map(stream);
  wishes[0](streams[0]);
  await starting;
  const choosing = ['b', 'c'].map((id) => made.useMicrophone(id));
  wishes[1](streams[1]);
  wishes[2](streams[2]);
  await Promise.all(choosing);
  await settled();
  assert.deepEqual(streams.map(({ track }) => track.live), [false, false, true]);
});
