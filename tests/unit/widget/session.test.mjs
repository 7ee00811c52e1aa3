import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Session } from '../../../widget/static/sdk/session.js';

// Node 20 has no such event.
globalThis.CloseEvent ??= class extends Event {
  constructor(type, init) {
    super(type);
    Object.assign(this, init);
  }
};

let heard;
let session;
let sent;
let closedWith;
let transport;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval'] });
  heard = { opened: 0, messages: [], audio: [], closed: [] };
  sent = [];
  closedWith = undefined;
  const open = (url, events) => {
    transport = { url, ...events };
    return { send: (data) => sent.push(data), close: (...how) => (closedWith = how) };
  };
  session = new Session(open, 'ws://host/millis', 'INITIATE', {
    onOpen: () => (heard.opened += 1),
    onMessage: (message) => heard.messages.push(message.method),
    onAudio: (audio) => heard.audio.push(audio.byteLength),
    onError: () => {},
    onClose: ({ code }, opened) => heard.closed.push([code, opened]),
  });
});

const pings = () => sent.filter((data) => String(data).includes('"ping"')).length;

test('the session is initiated as soon as the connection is open', () => {
  assert.deepEqual([transport.url, sent], ['ws://host/millis', []]);
  transport.onOpen();
  assert.deepEqual([sent, heard.opened], [['INITIATE'], 1]);
});

test('the server is asked every five seconds, once it has accepted', () => {
  transport.onOpen();
  mock.timers.tick(60_000);
  assert.equal(pings(), 0);
  session.keepAlive();
  for (let second = 0; second < 20; second += 5) {
    mock.timers.tick(5_000);
    transport.onText('{"method":"pong"}');
  }
  assert.deepEqual([pings(), heard.closed], [4, []]);
});

test('a server that is silent for three pings is lost, and the close that follows is no second one', () => {
  transport.onOpen();
  session.keepAlive();
  mock.timers.tick(10_000);
  assert.deepEqual([pings(), heard.closed], [2, []]);
  mock.timers.tick(5_000);
  assert.deepEqual(heard.closed, [[1006, true]]);
  assert.ok(closedWith);
  transport.onClose({ code: 1006 });
  assert.equal(heard.closed.length, 1);
  mock.timers.tick(60_000);
  assert.equal(pings(), 2);
});

test('a network that takes no audio is lost', () => {
  transport.onOpen();
  transport.onStuck();
  transport.onStuck();
  assert.deepEqual(heard.closed, [[1006, true]]);
});

test('messages and audio are told apart; what is neither is nothing', () => {
  transport.onOpen();
  for (const text of ['{"method":"clear"}', 'garbage', '7', '{}']) transport.onText(text);
  for (const bytes of [640, 7, 1, 0]) transport.onAudio(new ArrayBuffer(bytes));
  assert.deepEqual([heard.messages, heard.audio], [['clear'], [640, 6]]);
});

test('the news of a close says whether the connection had been open', () => {
  transport.onClose({ code: 1006 });
  assert.deepEqual(heard.closed, [[1006, false]]);
});

test('after our own close only the close is told', () => {
  transport.onOpen();
  session.close('user-ended');
  assert.deepEqual(closedWith, [1000, 'user-ended']);
  transport.onText('{"method":"clear"}');
  transport.onAudio(new ArrayBuffer(640));
  transport.onClose({ code: 1000 });
  assert.deepEqual([heard.messages, heard.audio, heard.closed], [[], [], [[1000, true]]]);
});
