import assert from 'node:assert/strict';
import { test } from 'node:test';

import { WIRE_RATE_HZ } from '../../../widget/static/sdk/worklets/pcm.js';
import { Playout } from '../../../widget/static/sdk/worklets/playout.js';

const FRAME_MS = 20;
const FRAME = (FRAME_MS * WIRE_RATE_HZ) / 1_000;
const QUANTUM = 128;
const QUANTUM_MS = (1_000 * QUANTUM) / WIRE_RATE_HZ;
const SEND_AHEAD_MS = 200;

/** What the reference client's worklet does: plays what is there, waits for nothing, takes no lag back. */
class Immediate {
  buffered = 0;
  played = 0;
  begin() {}
  push(samples) {
    this.buffered += samples.length;
  }
  read(output) {
    const count = Math.min(this.buffered, output.length);
    this.buffered -= count;
    this.played += count;
    output.fill(1, 0, count);
    output.fill(0, count);
  }
}

const VOICE_HZ = 130;
const LOUD = 5_000;
const voiceFrame = (number, loudness = LOUD) =>
  Int16Array.from({ length: FRAME }, (_, index) => {
    const phase = (2 * Math.PI * VOICE_HZ * (number * FRAME + index)) / WIRE_RATE_HZ;
    return loudness * (Math.cos(phase) + 0.5 * Math.cos(3 * phase + 1));
  });
/** 400 ms of voice, 100 ms almost silent. */
const speechFrame = (number) => voiceFrame(number, number % 25 < 20 ? LOUD : 50);

/** Replies that are sent at a second's distance: when each frame leaves the server. */
function* sent({ replies, replyMs, aheadMs }) {
  let beginMs = 1_000;
  for (let reply = 0; reply < replies; reply += 1) {
    for (let number = 0; number * FRAME_MS < replyMs; number += 1) {
      yield { reply, number, mediaMs: beginMs + number * FRAME_MS, atMs: beginMs + Math.max(0, number * FRAME_MS - aheadMs) };
    }
    beginMs += replyMs + 1_000;
  }
}

/** A network that holds everything for a while: what comes meanwhile arrives at the end of it, in its order. */
const stalled = (stalls) => (atMs) => {
  const stall = stalls.find(([fromMs, forMs]) => atMs >= fromMs && atMs < fromMs + forMs);
  return stall ? stall[0] + stall[1] : atMs;
};

/**
 * Play it: silences within replies, and how much later than sent a sample is heard, on average of a reply and when all but
 * a quarter of a second of it is.
 */
function run(playout, options, arrival) {
  const frames = [...sent(options)].map((frame) => ({ ...frame, atMs: arrival(frame.atMs) }));
  const perReply = frames.filter(({ reply }) => reply === 0).length * FRAME;
  const gaps = Array.from({ length: options.replies }, () => 0);
  const lags = Array.from({ length: options.replies }, () => []);
  const output = new Float32Array(QUANTUM);
  const endMs = frames[frames.length - 1].atMs + 3_000;
  let inGap = false;
  for (let nowMs = 0; nowMs < endMs; nowMs += QUANTUM_MS) {
    while (frames.length > 0 && frames[0].atMs <= nowMs) {
      const frame = frames.shift();
      if (frame.number === 0) playout.begin();
      playout.push(speechFrame(frame.number));
    }
    const before = playout.played;
    playout.read(output);
    const reply = Math.floor(before / perReply);
    const count = playout.played - before;
    const isWithin = before % perReply > 0;
    const isSilent = isWithin && output.every((sample) => sample === 0);
    if (isSilent && !inGap) gaps[reply] += 1;
    inGap = isSilent;
    if (count > 0) lags[reply].push(nowMs - (1_000 + reply * (options.replyMs + 1_000) + ((before % perReply) * 1_000) / WIRE_RATE_HZ));
  }
  assert.equal(playout.played, perReply * options.replies);
  const average = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  return { gaps, lagsMs: lags.map(average), last: lags.map((list) => list[list.length - 32]) };
}

const AHEAD = { replies: 6, replyMs: 6_000, aheadMs: SEND_AHEAD_MS };
const IN_REAL_TIME = { ...AHEAD, aheadMs: 0 };
const ours = () => new Playout(WIRE_RATE_HZ);

/** A stall of 200 ms in every second of a reply, from half a second on. */
const OFTEN = Array.from({ length: 60 }, (_, second) => [1_500 + 1_000 * second, 200]);

test('without jitter nothing is waited for', () => {
  const ahead = run(ours(), AHEAD, (atMs) => atMs);
  assert.deepEqual([ahead.gaps, ahead.lagsMs], [Array(6).fill(0), Array(6).fill(0)]);
  const inRealTime = run(ours(), IN_REAL_TIME, (atMs) => atMs);
  assert.deepEqual(inRealTime.gaps, Array(6).fill(0));
  assert.ok(Math.max(...inRealTime.lagsMs) < QUANTUM_MS, String(inRealTime.lagsMs));
});

test('the jitter of a busy machine makes no gap in what is sent in real time, and less lag than the reference has', () => {
  const late = stalled(Array.from({ length: 400 }, (_, number) => [1_013 + 107 * number, (number * 37) % 45]));
  const [mine, reference] = [ours(), new Immediate()].map((playout) => run(playout, IN_REAL_TIME, late));
  assert.deepEqual(mine.gaps, Array(6).fill(0));
  assert.ok(reference.gaps.every((count) => count > 0), String(reference.gaps));
  assert.ok(mine.lagsMs.every((lagMs, reply) => lagMs < reference.lagsMs[reply]), `${mine.lagsMs} ${reference.lagsMs}`);
});

test('what was sent ahead covers what the network holds back: nobody speaks slowly', () => {
  const stalls = stalled(Array.from({ length: 60 }, (_, second) => [1_500 + 1_000 * second, (second * 53) % 190]));
  const [mine, reference] = [ours(), new Immediate()].map((playout) => run(playout, AHEAD, stalls));
  assert.deepEqual(mine, reference);
});

test('200 ms of jitter make no gap, and cost no time, when the server sends ahead', () => {
  const { gaps, lagsMs } = run(ours(), AHEAD, stalled(OFTEN));
  assert.deepEqual(gaps, [0, 0, 0, 0, 0, 0]);
  assert.ok(Math.max(...lagsMs) < 45, String(lagsMs));
});

test('200 ms of jitter of a server in real time tear the first reply once, and none after it', () => {
  const { gaps, lagsMs } = run(ours(), IN_REAL_TIME, stalled(OFTEN));
  assert.deepEqual(gaps, [1, 0, 0, 0, 0, 0]);
  assert.ok(Math.max(...lagsMs) < 270, String(lagsMs));
  const reference = run(new Immediate(), IN_REAL_TIME, stalled(OFTEN));
  assert.ok(reference.gaps.every((count) => count >= 1), String(reference.gaps));
});

test('what a bad network taught is forgotten on a good one', () => {
  const { lagsMs } = run(ours(), { ...IN_REAL_TIME, replies: 10 }, stalled([[3_000, 200], [3_800, 200]]));
  assert.ok(lagsMs[1] > 50 && lagsMs[9] < QUANTUM_MS, String(lagsMs));
});

test('most of the lag of a long stall is taken back; the reference keeps it to the end of the reply', () => {
  const once = stalled([[2_000, 700], [9_500, 700]]);
  const mine = run(ours(), AHEAD, once);
  const reference = run(new Immediate(), AHEAD, once);
  assert.deepEqual(mine.gaps, reference.gaps);
  for (const reply of [0, 1]) {
    assert.ok(reference.last[reply] > 490, String(reference.last));
    assert.ok(mine.last[reply] < 320, String(mine.last));
    assert.ok(mine.lagsMs[reply] < 0.8 * reference.lagsMs[reply], `${mine.lagsMs} ${reference.lagsMs}`);
  }
});

test('what has happened before is bridged by speaking slowly', () => {
  const once = { ...AHEAD, replies: 1 };
  for (const [first, mine, reference] of [[300, 1, 1], [250, 0, 2]]) {
    const stalls = stalled([[2_000, first], [4_000, 300]]);
    assert.deepEqual([run(ours(), once, stalls).gaps, run(new Immediate(), once, stalls).gaps], [[mine], [reference]]);
  }
});

test('a slow server is not taken for a bad network: a long gap teaches nothing', () => {
  const { lagsMs } = run(ours(), IN_REAL_TIME, stalled([[3_000, 900]]));
  assert.ok(lagsMs[1] < 60, String(lagsMs));
});

/** Two seconds of a voice over a network that stalled before, and stalls for so long; and how they are heard. */
function heardOver(stallMs) {
  const arrival = stalled([[300, 80], [700, stallMs]]);
  const playout = ours();
  const heard = [];
  const output = new Float32Array(QUANTUM);
  for (let nowMs = 0, number = 0; nowMs < 3_000; nowMs += QUANTUM_MS) {
    for (; number < 100 && arrival(Math.max(0, number * FRAME_MS - SEND_AHEAD_MS)) <= nowMs; number += 1) playout.push(voiceFrame(number));
    playout.read(output);
    heard.push(...output);
  }
  return heard;
}

test('spoken slowly and then fast, a voice keeps its pitch and has no clicks', () => {
  const [calm, stretched] = [heardOver(0), heardOver(300)].map((heard) => heard.slice(800, 28_000));
  const steepest = (list) => Math.max(...list.map((sample, index) => Math.abs(sample - (list[index - 1] ?? sample))));
  const periods = (list) => list.filter((sample, index) => index > 0 && list[index - 1] < 0 && sample >= 0).length;
  assert.ok(stretched.some((sample, index) => sample !== calm[index]));
  assert.ok(steepest(stretched) < 1.2 * steepest(calm), `${steepest(stretched)} ${steepest(calm)}`);
  assert.ok(Math.abs(periods(stretched) / periods(calm) - 1) < 0.01, `${periods(stretched)} ${periods(calm)}`);
});

test('a server that sends much at once is no network that stalls: nothing is drawn out', () => {
  const playout = ours();
  const output = new Float32Array(QUANTUM);
  let sounds = 0;
  for (let nowMs = 0, number = 0; nowMs < 4_000; nowMs += QUANTUM_MS) {
    for (; number < 100 && nowMs >= (number < 50 ? 0 : 600); number += 1) playout.push(voiceFrame(number));
    playout.read(output);
    sounds += output.filter((sample) => sample !== 0).length;
  }
  assert.ok(sounds <= 104 * FRAME, `${sounds}: more than the speech, and 80 ms in which its end fades`);
});

test('clear is silent within a quantum of the device', () => {
  for (const rateHz of [16_000, 44_100, 48_000]) {
    const playout = new Playout(rateHz);
    playout.push(new Int16Array(16_000).fill(16_000));
    const output = new Float32Array(QUANTUM);
    for (let quantum = 0; quantum < 20; quantum += 1) playout.read(output);
    playout.clear();
    playout.read(output);
    assert.ok(Math.abs(output[QUANTUM - 1]) < 0.005, `${rateHz}: ${output[QUANTUM - 1]}`);
    playout.read(output);
    assert.ok(output.every((sample) => Math.abs(sample) < 0.003));
  }
});
