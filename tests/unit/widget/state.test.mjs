import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AgentState, INITIAL, Phase, reduce, TRANSITIONS } from '../../../widget/static/sdk/state.js';

/** @param {...import('../../../widget/static/sdk/state.js').CallEvent} events */
const after = (...events) => events.reduce(reduce, INITIAL);

const started = { type: 'started' };
const spoken = { type: 'voice', on: true };
const opened = { type: 'connecting' };
const ready = { type: 'ready', sessionId: 's1' };
const refused = { type: 'failed', problem: 'refused', detail: 'no such agent' };
const said = (speaker, text, isFinal) => ({ type: 'said', speaker, text, isFinal });

test('a call goes from the tap to ready, to its end and back to idle', () => {
  const phases = [started, opened, ready, { type: 'ended', reason: 'agent-ended' }, { type: 'finished' }].map(
    (_, index, events) => after(...events.slice(0, index + 1)).phase,
  );
  assert.deepEqual(phases, [Phase.ASKING, Phase.CONNECTING, Phase.READY, Phase.ENDING, Phase.IDLE]);
});

test('every live phase can be stopped and can fail', () => {
  for (const phase of Object.values(Phase)) {
    if (phase === Phase.IDLE) continue;
    assert.equal(TRANSITIONS[phase].stopped, Phase.IDLE, phase);
    assert.equal(TRANSITIONS[phase].failed, Phase.IDLE, phase);
  }
});

test('every phase has a row, and every row leads to a phase', () => {
  assert.deepEqual(Object.keys(TRANSITIONS).sort(), Object.values(Phase).sort());
  for (const row of Object.values(TRANSITIONS)) {
    for (const next of Object.values(row)) assert.ok(Object.values(Phase).includes(next), next);
  }
});

test('what comes after the end of a call changes nothing', () => {
  const over = after(started, opened, ready, { type: 'stopped' });
  for (const late of [ready, said('agent', 'hello', true), refused, { type: 'audio', atMs: 1 }, { type: 'paused' }]) {
    assert.equal(reduce(over, late), over, late.type);
  }
});

test('a lost connection is taken up again, in a session of its own, and what was being said is not', () => {
  const lost = after(started, spoken, opened, ready, said('agent', 'We are op', false), { type: 'audio', atMs: 1 }, { type: 'lost' });
  assert.deepEqual([lost.phase, lost.agent, lost.lines[0].open], [Phase.RECONNECTING, AgentState.IDLE, false]);
  const again = reduce(lost, { type: 'ready', sessionId: 's2' });
  assert.deepEqual([again.phase, again.sessionId, again.voice], [Phase.READY, 's2', true]);
});

test('in a typed conversation the words of the agent are its answer', () => {
  const talk = [started, opened, ready, { type: 'answering', atMs: 0 }];
  assert.equal(after(...talk, said('agent', 'We are', false)).agent, AgentState.ANSWER);
  assert.equal(after(...talk, said('agent', 'We are open', true)).agent, AgentState.IDLE);
  assert.equal(after(started, spoken, ...talk.slice(1), said('agent', 'We', true)).agent, AgentState.PREPARE_ANSWER);
});

test('a second ready is ignored', () => {
  const state = after(started, opened, ready);
  assert.equal(reduce(state, { type: 'ready', sessionId: 's2' }), state);
});

test('a failure keeps its reason until the next start', () => {
  const failed = after(started, opened, refused);
  assert.deepEqual(failed.failure, { problem: 'refused', detail: 'no such agent' });
  assert.deepEqual(reduce(failed, started), { ...INITIAL, phase: Phase.ASKING });
});

test('the transcript of an ended call stays until the next start', () => {
  const over = after(started, opened, ready, said('agent', 'Hi', true), { type: 'stopped' });
  assert.equal(over.lines.length, 1);
  assert.equal(reduce(over, started).lines.length, 0);
});

test('the state of the agent follows the messages of the protocol', () => {
  const talk = [started, spoken, opened, ready];
  const steps = [
    [{ type: 'answering', atMs: 0 }, AgentState.PREPARE_ANSWER],
    [{ type: 'audio', atMs: 1 }, AgentState.ANSWER],
    [{ type: 'paused' }, AgentState.PAUSE],
    [{ type: 'audio', atMs: 2 }, AgentState.PAUSE],
    [{ type: 'unpaused' }, AgentState.ANSWER],
    [{ type: 'paused' }, AgentState.PAUSE],
    [{ type: 'cleared' }, AgentState.IDLE],
    [{ type: 'audio', atMs: 3 }, AgentState.ANSWER],
    [{ type: 'silent' }, AgentState.IDLE],
  ];
  let state = after(...talk);
  for (const [event, agent] of steps) {
    state = reduce(state, event);
    assert.equal(state.agent, agent, event.type);
  }
});

test('silence while the agent thinks does not end its turn', () => {
  const state = after(started, opened, ready, { type: 'answering', atMs: 0 });
  assert.equal(reduce(state, { type: 'silent' }).agent, AgentState.PREPARE_ANSWER);
});

test('latency is from the decision to answer to the first audio', () => {
  const state = after(started, opened, ready, { type: 'answering', atMs: 100 }, { type: 'audio', atMs: 340 });
  assert.equal(state.latencyMs, 240);
  assert.equal(reduce(state, { type: 'audio', atMs: 900 }), state);
});

test('no sequence of events leads out of the table', () => {
  const events = [
    started,
    opened,
    ready,
    refused,
    said('user', 'a', false),
    said('agent', 'b', true),
    { type: 'answering', atMs: 1 },
    { type: 'audio', atMs: 2 },
    { type: 'paused' },
    { type: 'unpaused' },
    { type: 'cleared' },
    { type: 'silent' },
    { type: 'function', name: 'f', params: {} },
    { type: 'voice', on: true },
    { type: 'voice', on: false },
    { type: 'lost' },
    { type: 'ended', reason: undefined },
    { type: 'stopped' },
    { type: 'finished' },
  ];
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let state = INITIAL;
  const seen = new Set();
  for (let step = 0; step < 20_000; step += 1) {
    state = reduce(state, events[Math.floor(random() * events.length)]);
    seen.add(state.phase);
    assert.ok(Object.values(Phase).includes(state.phase));
    if (state.failure) assert.equal(state.phase, Phase.IDLE);
    if (state.phase === Phase.IDLE) assert.deepEqual([state.agent, state.voice], [AgentState.IDLE, false]);
    for (const speaker of ['user', 'agent']) {
      assert.ok(state.lines.filter((line) => line.open && line.speaker === speaker).length <= 1);
    }
  }
  assert.equal(seen.size, 6);
});
