import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Floor, INITIAL, Phase, reduce, TRANSITIONS } from '../../../widget/static/sdk/state.js';

/** @param {...import('../../../widget/static/sdk/state.js').CallEvent} events */
const after = (...events) => events.reduce(reduce, INITIAL);

const started = { type: 'started' };
const opened = { type: 'microphone-opened' };
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

test('the floor follows the messages of the protocol', () => {
  const talk = [started, opened, ready];
  const steps = [
    [{ type: 'answering', atMs: 0 }, Floor.ANSWERING],
    [{ type: 'audio', atMs: 1 }, Floor.SPEAKING],
    [{ type: 'paused' }, Floor.PAUSED],
    [{ type: 'audio', atMs: 2 }, Floor.PAUSED],
    [{ type: 'unpaused' }, Floor.SPEAKING],
    [{ type: 'paused' }, Floor.PAUSED],
    [{ type: 'cleared' }, Floor.LISTENING],
    [{ type: 'audio', atMs: 3 }, Floor.SPEAKING],
    [{ type: 'silent' }, Floor.LISTENING],
  ];
  let state = after(...talk);
  for (const [event, floor] of steps) {
    state = reduce(state, event);
    assert.equal(state.floor, floor, event.type);
  }
});

test('silence while the agent thinks does not end its turn', () => {
  const state = after(started, opened, ready, { type: 'answering', atMs: 0 });
  assert.equal(reduce(state, { type: 'silent' }).floor, Floor.ANSWERING);
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
    for (const speaker of ['user', 'agent']) {
      assert.ok(state.lines.filter((line) => line.open && line.speaker === speaker).length <= 1);
    }
  }
  assert.equal(seen.size, 5);
});
