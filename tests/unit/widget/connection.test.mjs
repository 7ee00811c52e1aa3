import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Connection } from '../../../widget/static/sdk/connection.js';
import { RETRY_WITHIN_MS, retryDelayMs } from '../../../widget/static/sdk/retry.js';

// Node 20 has no such event.
globalThis.CloseEvent ??= class extends Event {
  constructor(type, init) {
    super(type);
    Object.assign(this, init);
  }
};

let transports;
let told;
let nowMs;

/** Time goes on for timers and for performance.now alike. */
function pass(ms) {
  for (let left = ms; left > 0; left -= 50) {
    nowMs += Math.min(50, left);
    mock.timers.tick(Math.min(50, left));
  }
}

function connect({ reconnect = true } = {}) {
  const open = (_url, events) => {
    const transport = { ...events, sent: [], send: (data) => transport.sent.push(data), close: (...how) => (transport.closedWith = how) };
    transports.push(transport);
    return transport;
  };
  const connection = new Connection({ url: 'ws://host', reconnect, transport: open }, (continuation) => JSON.stringify(continuation ?? null), {
    onOpen: () => told.push(['open']),
    onMessage: ({ method }, resumed) => told.push([method, resumed]),
    onAudio: () => told.push(['audio']),
    onError: () => told.push(['error']),
    onLost: ({ attempt }) => told.push(['lost', attempt]),
    onUnanswered: () => told.push(['unanswered']),
    onClosed: ({ code }, problem) => told.push(['closed', code, problem]),
  });
  connection.connect();
  return connection;
}

const last = () => transports[transports.length - 1];
function accept(sessionId) {
  last().onOpen();
  last().onText(JSON.stringify({ method: 'onready', payload: { session_id: sessionId } }));
}

beforeEach(() => {
  transports = [];
  told = [];
  nowMs = 1_000;
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  mock.method(performance, 'now', () => nowMs);
  mock.method(Math, 'random', () => 0.5);
});

test('waits grow from a quarter of a second to five, and chance spreads them', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, 1));
  assert.deepEqual(longest, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.deepEqual([retryDelayMs(0, 0), retryDelayMs(9, 0)], [125, 2_500]);
});

test('a lost session is taken up again, and the application is told of one opening only', () => {
  connect();
  accept('s1');
  last().onClose({ code: 1006 });
  assert.equal(transports.length, 1);
  pass(250);
  accept('s2');
  assert.deepEqual(JSON.parse(transports[1].sent[0]), { session_id: 's1', resume: true });
  assert.deepEqual(told, [['open'], ['onready', false], ['lost', 0], ['onready', true]]);
  last().onClose({ code: 1001 });
  pass(500);
  last().onOpen();
  assert.deepEqual(JSON.parse(last().sent[0]), { session_id: 's2', resume: true });
});

test('it is tried for a minute, at growing distances, and then the call is lost', () => {
  connect();
  accept('s1');
  last().onClose({ code: 1006 });
  const startedMs = nowMs;
  while (!told.some(([name]) => name === 'closed')) {
    pass(50);
    if (!last().refused) {
      last().refused = true;
      last().onError({});
      last().onClose({ code: 1006 });
    }
  }
  assert.ok(nowMs - startedMs > RETRY_WITHIN_MS && nowMs - startedMs < RETRY_WITHIN_MS + 6_000);
  assert.ok(transports.length > 10 && transports.length < 25, String(transports.length));
  assert.deepEqual(told.filter(([name]) => name === 'closed'), [['closed', 1006, 'lost']]);
  assert.deepEqual(told.filter(([name]) => name === 'error'), []);
});

test('a session that is lost again and again at once is not taken up for ever', () => {
  connect();
  accept('s1');
  while (!told.some(([name]) => name === 'closed')) {
    if (!last().refused) {
      last().refused = true;
      last().onClose({ code: 1006 });
    }
    pass(50);
    if (!last().refused) accept('s2');
    assert.ok(transports.length < 50);
  }
});

test('a session that held for a while is taken up as patiently as the first', () => {
  connect();
  accept('s1');
  for (let loss = 0; loss < 30; loss += 1) {
    pass(10_050);
    last().onClose({ code: 1006 });
    pass(250);
    accept(`s${loss}`);
  }
  assert.ok(told.filter(([name]) => name === 'lost').every(([, attempt]) => attempt === 0));
});

test('an attempt that nobody answers is followed by the next', () => {
  connect();
  accept('s1');
  last().onClose({ code: 1006 });
  pass(250);
  last().onOpen();
  pass(8_000);
  assert.deepEqual(transports[1].closedWith?.[0], 1000);
  pass(500);
  assert.equal(transports.length, 3);
});

test('a first attempt that nobody answers is told after twenty seconds', () => {
  connect();
  last().onOpen();
  pass(20_000);
  assert.deepEqual(told, [['open'], ['unanswered']]);
});

test('what is over is not taken up again', () => {
  const endings = [
    ['before it is ready', () => last().onClose({ code: 1006 }), ['closed', 1006, 'unreachable']],
    ['by a refusal', () => (accept('s1'), last().onClose({ code: 1008 })), ['closed', 1008, 'refused']],
    ['by an error of the server', () => (accept('s1'), last().onClose({ code: 1011 })), ['closed', 1011, 'server-error']],
    ['as it should', () => (accept('s1'), last().onClose({ code: 1000 })), ['closed', 1000, undefined]],
    [
      'after the goodbye',
      () => {
        accept('s1');
        last().onText('{"method":"onsessionended"}');
        last().onClose({ code: 1006 });
      },
      ['closed', 1006, 'lost'],
    ],
  ];
  for (const [name, end, expected] of endings) {
    transports = [];
    told = [];
    connect();
    end();
    pass(5_000);
    assert.deepEqual([transports.length, told[told.length - 1]], [1, expected], name);
  }
});

test('an application may do without', () => {
  connect({ reconnect: false });
  accept('s1');
  last().onClose({ code: 1006 });
  pass(5_000);
  assert.deepEqual([transports.length, told[told.length - 1]], [1, ['closed', 1006, 'lost']]);
});

test('closing while the next attempt is waited for tells the last close, once', () => {
  const connection = connect();
  accept('s1');
  last().onClose({ code: 1006 });
  connection.close('user-ended');
  connection.close('user-ended');
  pass(10_000);
  assert.deepEqual([transports.length, told.filter(([name]) => name === 'closed')], [1, [['closed', 1006, undefined]]]);
});
