import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Session } from '../../../widget/static/sdk/session.js';

/** The browser's socket, moved by hand. */
class ScriptedSocket {
  static OPEN = 1;
  static last;
  readyState = 0;
  bufferedAmount = 0;
  sent = [];
  closedWith;

  constructor(url) {
    this.url = url;
    ScriptedSocket.last = this;
  }

  send(data) {
    this.sent.push(data);
  }

  close(code, reason) {
    this.closedWith = [code, reason];
    this.readyState = 3;
  }

  open() {
    this.readyState = ScriptedSocket.OPEN;
    this.onopen?.();
  }
}

const PACKET = new ArrayBuffer(640);
let heard;
let session;
let socket;

beforeEach(() => {
  globalThis.WebSocket = ScriptedSocket;
  heard = { messages: [], audio: [], closed: [] };
  session = new Session('ws://host/millis', { agentId: '-A', publicKey: 'K' }, {
    onMessage: (message) => heard.messages.push(message.method),
    onAudio: (audio) => heard.audio.push(audio.byteLength),
    onClosed: (closed) => heard.closed.push(closed),
  });
  socket = ScriptedSocket.last;
});

const texts = () => socket.sent.filter((data) => typeof data === 'string').map((text) => JSON.parse(text).method);
const packets = () => socket.sent.filter((data) => data === PACKET).length;
const sendMany = (count) => {
  for (let sent = 0; sent < count; sent += 1) session.send(PACKET);
};

test('the session is initiated as soon as the socket is open, before any audio', () => {
  session.send(PACKET);
  assert.deepEqual(socket.sent, []);
  socket.open();
  session.send(PACKET);
  assert.deepEqual(texts(), ['initiate']);
  assert.equal(packets(), 1);
  assert.equal(socket.binaryType, 'arraybuffer');
});

test('a ping goes out after every 1000 packets', () => {
  socket.open();
  sendMany(999);
  assert.deepEqual(texts(), ['initiate']);
  sendMany(1);
  assert.deepEqual(texts(), ['initiate', 'ping']);
  socket.onmessage({ data: '{"method":"pong"}' });
  sendMany(1000);
  assert.deepEqual(texts(), ['initiate', 'ping', 'ping']);
  assert.deepEqual(heard.closed, []);
});

test('a server that is silent from one ping to the next is lost', () => {
  socket.open();
  sendMany(2000);
  assert.deepEqual(heard.closed.map(({ code, opened }) => [code, opened]), [[1006, true]]);
  assert.ok(socket.closedWith);
});

test('a network that takes no audio is lost', () => {
  socket.open();
  socket.bufferedAmount = 320_001;
  sendMany(3);
  assert.equal(packets(), 0);
  assert.equal(heard.closed.length, 1);
});

test('messages and audio are told apart; what is neither is nothing', () => {
  socket.open();
  for (const data of ['{"method":"clear"}', 'garbage', new ArrayBuffer(640), new ArrayBuffer(7), new ArrayBuffer(1), new ArrayBuffer(0)]) {
    socket.onmessage({ data });
  }
  assert.deepEqual([heard.messages, heard.audio], [['clear'], [640, 6]]);
});

test('the news of a close says whether the socket had been open', () => {
  socket.onclose({ code: 1006, reason: '' });
  assert.deepEqual(heard.closed, [{ code: 1006, reason: '', opened: false }]);
});

test('after our own close nothing is heard any more', () => {
  socket.open();
  const { onmessage, onclose } = socket;
  session.close();
  assert.deepEqual(socket.closedWith, [1000, 'user-ended']);
  assert.deepEqual([socket.onmessage, socket.onclose], [null, null]);
  assert.ok(onmessage && onclose);
  assert.deepEqual(heard.closed, []);
});
