import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import sdk, { AgentState, CallError, createClient, Phase, Problem } from '../../../widget/static/sdk/client.js';

// Node 20 has no such event.
globalThis.CloseEvent ??= class extends Event {
  constructor(type, init) {
    super(type);
    Object.assign(this, init);
  }
};

const NAMES = ['onopen', 'onready', 'onagentstate', 'onclose', 'onproblem', 'onreconnecting', 'onreconnected', 'onerror', 'hello', 'pong'];
const TEXT = { agent: { agent_id: '-A' }, voice: false };
let transports;
let told;

beforeEach(() => {
  transports = [];
  told = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});

function client(config = {}) {
  const transport = (url, events) => {
    const it = { url, ...events, sent: [], send: (data) => it.sent.push(data), close: () => it.onClose({ code: 1000, reason: '' }) };
    transports.push(it);
    return it;
  };
  const made = createClient({ publicKey: 'KEY', endPoint: 'ws://host/millis', transport, ...config });
  for (const name of NAMES) made.on(name, (...given) => told.push([name, ...given]));
  return made;
}

const last = () => transports[transports.length - 1];
const message = (method, data, payload) => last().onText(JSON.stringify({ method, data, payload }));
const sent = () => last().sent.map((text) => JSON.parse(text));
const names = () => told.map(([name]) => name);

async function ready(made, sessionId = 's1') {
  await made.start(TEXT);
  last().onOpen();
  message('onready', undefined, { session_id: sessionId });
}

test('the default export is that of the reference client', () => {
  assert.deepEqual(Object.keys(sdk).sort(), ['createClient', 'createMicrophoneAudioTrack']);
  assert.deepEqual({ ...AgentState }, { IDLE: 'idle', PREPARE_ANSWER: 'prepare_answer', ANSWER: 'answer', PAUSE: 'pause' });
});

test('a start that names nothing is rejected with a typed error, which is also told', async () => {
  for (const [config, payload] of [[{}, { agent: {} }], [{}, ''], [{ publicKey: '' }, '-A']]) {
    told = [];
    const made = client(config);
    await assert.rejects(made.start(payload), (error) => error instanceof CallError && error.problem === Problem.MISCONFIGURED);
    assert.deepEqual([names(), made.state.phase, transports.length], [['onproblem'], Phase.IDLE, 0]);
  }
});

test('a transport that refuses its address is a problem and no exception of its own', async () => {
  const transport = () => {
    throw new DOMException('no address', 'SyntaxError');
  };
  await assert.rejects(client({ transport }).start(TEXT), { name: 'CallError', problem: 'unreachable', detail: 'no address', retryable: true });
});

test('without a call nothing can be said', async () => {
  const made = client();
  const say = [() => made.sendText('hello'), () => made.sendDtmf('1'), () => made.stopVoice()];
  for (const act of say) assert.throws(act, { name: 'InvalidStateError' });
  await assert.rejects(made.startVoice(), { name: 'InvalidStateError' });
  made.send('dropped');
  made.answerForm('c', null);
  await ready(made);
  await made.stop();
  for (const act of say) assert.throws(act, { name: 'InvalidStateError' });
  made.answerForm('c', null);
});

test('a form that is sent while the connection is lost is sent when it is back', async () => {
  const made = client();
  await ready(made);
  last().onClose({ code: 1006, reason: '' });
  made.answerForm('c1', { name: 'Ann' });
  mock.timers.tick(10_000);
  assert.equal(transports.length, 2);
  last().onOpen();
  message('onready', undefined, { session_id: 's2', resumed: true });
  assert.deepEqual(sent().slice(1), [{ method: 'function_result', data: { call_id: 'c1', values: { name: 'Ann' } } }]);
});

test('what is typed before the session is ready follows at once, in its order, and has a bound', async () => {
  const made = client();
  await made.start(TEXT);
  made.sendText('first');
  made.sendDtmf('12');
  for (let number = 2; number < 20; number += 1) made.sendText(`text ${number}`);
  assert.throws(() => made.sendText('too much'), { name: 'QuotaExceededError' });
  last().onOpen();
  assert.deepEqual(sent().map(({ method }) => method), ['initiate']);
  message('onready', undefined, { session_id: 's1' });
  assert.deepEqual(sent().slice(1, 3), [{ method: 'user_text', data: 'first' }, { method: 'dtmf', data: '12' }]);
  assert.equal(sent().length, 21);
  assert.deepEqual(told, [['onopen'], ['onagentstate', 'idle'], ['onready', { session_id: 's1' }]]);
});

test('in a typed conversation the agent is told to answer while it writes, and to be idle when it has written', async () => {
  const made = client();
  await ready(made);
  told = [];
  message('start_answering');
  message('onresponsetext', 'We are', { is_final: false });
  message('onresponsetext', 'We are open.', { is_final: false });
  message('onresponsetext', 'We are open.', { is_final: true });
  assert.deepEqual(told, ['prepare_answer', 'answer', 'idle'].map((state) => ['onagentstate', state]));
});

test("a server cannot speak in the client's own name, and a second onready is none", async () => {
  const made = client();
  await ready(made);
  told = [];
  for (const method of ['onclose', 'onproblem', 'onerror', 'onreconnected', 'onopen', 'pong', 'onready']) message(method, 'x', {});
  assert.deepEqual(told, []);
  message('hello', { a: 1 }, { b: 2 });
  assert.deepEqual(told, [['hello', { a: 1 }, { b: 2 }]]);
});

test('a lost call is told as such, and taken up again', async () => {
  const made = client();
  await ready(made);
  told = [];
  last().onClose({ code: 1006, reason: '' });
  assert.equal(made.state.phase, Phase.RECONNECTING);
  mock.timers.tick(250);
  last().onOpen();
  message('onready', undefined, { session_id: 's2', resumed: true });
  assert.deepEqual([names(), made.state.sessionId], [['onreconnecting', 'onreconnected'], 's2']);
  assert.deepEqual(sent()[0].data.session_continuation, { session_id: 's1', resume: true });
});

test('a registered call is not: it begins once', async () => {
  const made = client();
  await made.start({ call_id: 'c1', voice: false });
  last().onOpen();
  message('onready', undefined, { session_id: 's1' });
  last().onClose({ code: 1006, reason: '' });
  const [name, error] = told[told.length - 1];
  assert.deepEqual([name, error.problem, error.sessionId, transports.length], ['onproblem', 'lost', 's1', 1]);
});

test('a new call ends the one before, whose end is not taken for its own', async () => {
  const made = client();
  await ready(made);
  const [first] = transports;
  first.close = () => {};
  await ready(made, 's2');
  first.onClose({ code: 1000, reason: '' });
  assert.deepEqual([names().filter((name) => name === 'onclose').length, made.state.phase, made.state.sessionId], [0, Phase.READY, 's2']);
});

test('a muted client stays so until it is stopped, also when it was muted before the call', async () => {
  const made = client();
  made.mute();
  await ready(made);
  assert.equal(made.muted, true);
  await made.stop();
  assert.equal(made.muted, false);
});
