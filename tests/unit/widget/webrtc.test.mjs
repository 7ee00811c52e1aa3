import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

// Node 20 has no such event.
globalThis.CloseEvent ??= class extends Event {
  constructor(type, init) {
    super(type);
    Object.assign(this, init);
  }
};

const INITIATE = JSON.stringify({ method: 'initiate', data: { public_key: 'KEY', agent: { agent_id: '-A' } } });
/** What the transport asks of a browser; a channel that the test opens. */
class Peer {
  static last;
  connectionState = 'new';
  channel = { readyState: 'connecting', sent: [], send: (text) => this.channel.sent.push(text) };
  sender = { replaceTrack: async (track) => (this.track = track) };
  constructor(configuration) {
    Peer.last = this;
    this.configuration = configuration;
  }
  addTransceiver = () => ({ sender: this.sender });
  createDataChannel = (name) => Object.assign(this.channel, { name });
  setLocalDescription = async () => (this.localDescription = { type: 'offer', sdp: 'v=0' });
  setRemoteDescription = async (answer) => (this.answer = answer);
  close = () => (this.connectionState = 'closed');
  becomes(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}
class Socket {
  static opened = [];
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url, sent: [], readyState: 1, bufferedAmount: 0 });
    Socket.opened.push(this);
  }
  send = (data) => this.sent.push(data);
  close = (code, reason) => this.onclose({ code, reason });
}

let asked;
let told;
let replies;
let open;
let modules = 0;
const track = { enabled: true };
const call = {
  muted: false,
  voice: { stream: { getAudioTracks: () => [track] } },
  tell: (name, why) => told.push([name, why.reason]),
};
const events = Object.fromEntries(
  ['onOpen', 'onText', 'onAudio', 'onStuck', 'onError', 'onClose'].map((name) => [name, (given) => told.push([name, given?.code ?? given])]),
);

beforeEach(async () => {
  asked = [];
  told = [];
  Socket.opened = [];
  Object.assign(globalThis, { RTCPeerConnection: Peer, WebSocket: Socket });
  Object.assign(call, { muted: false });
  replies = {
    '/webrtc/ice_servers': { iceServers: [{ urls: ['turn:t'] }] },
    '/webrtc/initiate': { answer: { type: 'answer', sdp: 'v=0' }, session_url: '/webrtc/sessions/s.w' },
    '/webrtc/sessions/s.w': {},
  };
  globalThis.fetch = async (url, { method = 'GET', body, headers }) => {
    asked.push([method, url.href, body && JSON.parse(body), headers.Authorization]);
    const reply = replies[url.pathname];
    if (reply instanceof Error) throw reply;
    return typeof reply === 'string' ? new Response(reply, { status: 403 }) : Response.json(reply);
  };
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  // What was blocked is remembered: each test has a module of its own.
  modules += 1;
  ({ open } = await import(`../../../widget/static/sdk/webrtc.js?${modules}`));
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function connected() {
  const transport = open('wss://host:8/millis', events, INITIATE, call);
  await settle();
  const peer = Peer.last;
  peer.channel.readyState = 'open';
  peer.channel.onopen();
  return [transport, peer];
}

test('the offer carries the initiate, and messages go both ways', async () => {
  const [transport, peer] = await connected();
  const { data } = JSON.parse(INITIATE);
  assert.deepEqual(asked, [
    ['GET', 'https://host:8/webrtc/ice_servers', undefined, 'Bearer KEY'],
    ['POST', 'https://host:8/webrtc/initiate', { offer: { type: 'offer', sdp: 'v=0' }, initiate: data }, undefined],
  ]);
  assert.deepEqual(peer.configuration, { bundlePolicy: 'max-bundle', iceServers: [{ urls: ['turn:t'] }] });
  transport.send(INITIATE);
  transport.send('{"method":"ping"}');
  peer.channel.onmessage({ data: '{"method":"pong"}' });
  assert.deepEqual([peer.channel.name, peer.channel.sent], ['events', ['{"method":"ping"}']]);
  assert.deepEqual(told, [['onOpen', undefined], ['onText', '{"method":"pong"}']]);
  transport.close(1000, 'user-ended');
  await settle();
  assert.deepEqual([told.at(-1), peer.connectionState], [['onClose', 1000], 'closed']);
});

test('the microphone in use is sent, and silence while it is muted', async () => {
  const [transport, peer] = await connected();
  assert.equal(peer.track, track);
  call.muted = true;
  transport.send(new ArrayBuffer(640));
  assert.equal(track.enabled, false);
  call.muted = false;
  mock.timers.tick(100);
  assert.equal(track.enabled, true, 'also while no audio comes');
  call.muted = true;
  mock.timers.tick(100);
  transport.close(1000, '');
  assert.equal(track.enabled, true, 'what comes after it hears it');
});

test('a connection that breaks is lost, one that was said goodbye to is over', async () => {
  for (const [goodbye, code] of [[false, 1006], [true, 1000]]) {
    told = [];
    const [, peer] = await connected();
    if (goodbye) peer.channel.onmessage({ data: '{"method": "onsessionended"}' });
    peer.becomes('failed');
    peer.becomes('closed');
    assert.deepEqual(told.filter(([name]) => name === 'onClose'), [['onClose', code]]);
  }
  const [, peer] = await connected();
  peer.becomes('disconnected');
  mock.timers.tick(1_900);
  peer.becomes('connected');
  mock.timers.tick(5_000);
  assert.equal(peer.connectionState, 'connected');
});

const HINDRANCES = {
  refused: () => (replies['/webrtc/initiate'] = 'no worker takes it'),
  unreachable: () => (replies['/webrtc/ice_servers'] = new TypeError('Failed to fetch')),
  unsupported: () => delete globalThis.RTCPeerConnection,
  blocked: () => {},
};

for (const [reason, happens] of Object.entries(HINDRANCES)) {
  test(`a WebSocket takes its place when it is ${reason}`, async () => {
    happens();
    const transport = open('wss://host:8/millis', events, INITIATE, call);
    await settle();
    assert.equal(Socket.opened.length, reason === 'blocked' ? 0 : 1);
    if (reason === 'blocked') mock.timers.tick(4_000);
    assert.deepEqual(told, [['onfallback', reason]]);
    const [socket] = Socket.opened;
    socket.onopen();
    transport.send(INITIATE);
    transport.send(new ArrayBuffer(640));
    assert.deepEqual([socket.url, socket.sent.length, told.at(-1)], ['wss://host:8/millis', 2, ['onOpen', undefined]]);
    transport.close(1000, 'user-ended');
    await settle();
    assert.deepEqual(told.at(-1), ['onClose', 1000]);
    assert.deepEqual(asked.filter(([method]) => method === 'DELETE').length, reason === 'blocked' ? 1 : 0);
    open('wss://host:8/millis', events, INITIATE, call);
    assert.equal(Socket.opened.length, reason === 'blocked' ? 2 : 1, 'what is blocked is not tried again soon');
  });
}

test('who hangs up before it stands is let go', async () => {
  const transport = open('wss://host:8/millis', events, INITIATE, call);
  transport.close(1000, '');
  await settle();
  assert.deepEqual([told, Socket.opened.length], [[['onClose', 1000]], 0]);
  assert.deepEqual(asked.map(([method]) => method), ['GET'], 'no server begins a call that is over');
});
