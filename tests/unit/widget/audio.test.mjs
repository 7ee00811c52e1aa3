import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Framer } from '../../../widget/static/sdk/worklets/framer.js';
import { FRAME_SAMPLES, toFloat, toInt16, WIRE_RATE_HZ } from '../../../widget/static/sdk/worklets/pcm.js';
import { MAX_BUFFERED_SAMPLES, Playout } from '../../../widget/static/sdk/worklets/playout.js';
import { Resampler } from '../../../widget/static/sdk/worklets/resampler.js';

const QUANTUM = 128;
const sine = (hz, rateHz, count) => Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / rateHz));

/** Convert in quanta, as the audio thread does. */
function convert(fromHz, toHz, input) {
  const resampler = new Resampler(fromHz, toHz);
  const output = [];
  for (let start = 0; start < input.length; start += QUANTUM) {
    output.push(...resampler.process(input.subarray(start, start + QUANTUM)));
  }
  return Float32Array.from(output);
}

/** Amplitude of one frequency, away from the ends. */
function amplitude(samples, hz, rateHz) {
  const inner = samples.subarray(Math.floor(samples.length / 4), Math.floor((3 * samples.length) / 4));
  let [re, im] = [0, 0];
  inner.forEach((sample, n) => {
    re += sample * Math.cos((2 * Math.PI * hz * n) / rateHz);
    im += sample * Math.sin((2 * Math.PI * hz * n) / rateHz);
  });
  return (2 * Math.hypot(re, im)) / inner.length;
}

const RATES = [8_000, 16_000, 22_050, 44_100, 48_000, 96_000];

test('the resampler keeps speech and its level at every rate', () => {
  for (const rateHz of RATES) {
    for (const hz of [200, 1_000, 3_000]) {
      const down = convert(rateHz, WIRE_RATE_HZ, sine(hz, rateHz, rateHz));
      const up = convert(WIRE_RATE_HZ, rateHz, sine(hz, WIRE_RATE_HZ, WIRE_RATE_HZ));
      assert.ok(Math.abs(amplitude(down, hz, WIRE_RATE_HZ) - 0.5) < 0.005, `${hz} Hz from ${rateHz}`);
      assert.ok(Math.abs(amplitude(up, hz, rateHz) - 0.5) < 0.005, `${hz} Hz to ${rateHz}`);
    }
  }
});

test('a second stays a second, but for the delay of 16 samples of the lower rate', () => {
  const missing = (fromHz, toHz) => toHz - convert(fromHz, toHz, new Float32Array(fromHz)).length;
  for (const rateHz of RATES) {
    for (const [fromHz, toHz] of [[rateHz, WIRE_RATE_HZ], [WIRE_RATE_HZ, rateHz]]) {
      const delay = (16 * toHz) / Math.min(fromHz, toHz);
      const lost = missing(fromHz, toHz);
      assert.ok(lost >= 0 && lost <= delay + 1, `${fromHz} to ${toHz}: ${lost}`);
    }
  }
});

test('what 16 kHz cannot carry is removed and not folded into speech', () => {
  for (const hz of [9_000, 12_000, 15_000, 20_000]) {
    const folded = Math.abs(hz - WIRE_RATE_HZ * Math.round(hz / WIRE_RATE_HZ));
    const down = convert(48_000, WIRE_RATE_HZ, sine(hz, 48_000, 48_000));
    assert.ok(amplitude(down, folded, WIRE_RATE_HZ) < 0.5e-3, `${hz} Hz`);
  }
});

test('upsampling adds no image above speech', () => {
  const up = convert(WIRE_RATE_HZ, 48_000, sine(1_000, WIRE_RATE_HZ, WIRE_RATE_HZ));
  for (const image of [15_000, 17_000]) assert.ok(amplitude(up, image, 48_000) < 0.5e-3, `${image} Hz`);
});

test('frames are 20 ms, in order, and hold every sample', () => {
  const frames = [];
  const framer = new Framer((frame) => frames.push(frame));
  const count = 3 * FRAME_SAMPLES + 17;
  for (let n = 0; n < count; n += 1) framer.push(Float32Array.of(n / 32_768));
  assert.equal(frames.length, 3);
  assert.deepEqual(frames.flatMap((frame) => [...frame]), Array.from({ length: 3 * FRAME_SAMPLES }, (_, n) => n));
});

test('samples are rounded and clipped', () => {
  const cases = [[0, 0], [1, 32_767], [1.5, 32_767], [-1, -32_768], [-9, -32_768], [0.5, 16_384]];
  for (const [float, int] of cases) assert.equal(toInt16(float), int);
  for (const int of [-32_768, -1, 0, 1, 32_767]) assert.equal(toInt16(toFloat(int)), int);
});

/** @param {Playout} playout */
function read(playout, quanta) {
  const heard = new Float32Array(quanta * QUANTUM);
  for (let start = 0; start < heard.length; start += QUANTUM) playout.read(heard.subarray(start, start + QUANTUM));
  return heard;
}

const ramp = (count, from = 1) => Int16Array.from({ length: count }, (_, n) => from + n);
const spoken = (heard) => [...heard].map((value) => Math.round(value * 32_768));

test('speech is heard with the first sample of the next quantum, at the rate of any device', () => {
  for (const rateHz of [16_000, 44_100, 48_000]) {
    const playout = new Playout(rateHz);
    read(playout, 7);
    playout.push(new Int16Array(100).fill(10_000));
    const heard = read(playout, 1);
    assert.ok(Math.abs(heard[0] - 10_000 / 32_768) < 0.02, `${rateHz}: ${heard.slice(0, 4)}`);
  }
});

test('a sender in real time with jitter is heard without a gap', () => {
  const playout = new Playout(WIRE_RATE_HZ);
  const heard = [];
  for (let frame = 0; frame < 50; frame += 1) {
    // Every frame is a quantum late or early by turns; 320 samples are 2.5 quanta.
    if (frame % 2 === 0) playout.push(new Int16Array(640).fill(1_000));
    heard.push(...read(playout, frame % 2 === 0 ? 3 : 2));
  }
  const first = heard.findIndex((sample) => sample !== 0);
  assert.ok(heard.slice(first).every((sample) => sample !== 0));
});

test('at its own rate the playout gives back exactly what was pushed', () => {
  const playout = new Playout(WIRE_RATE_HZ);
  playout.push(ramp(100));
  playout.push(ramp(668, 101));
  assert.deepEqual(spoken(read(playout, 6)), [...ramp(768)]);
  assert.deepEqual([playout.played, playout.buffered, playout.cleared], [768, 0, 0]);
});

test('a pause keeps every sample: what is heard after it begins where it stopped', () => {
  const playout = new Playout(WIRE_RATE_HZ);
  playout.push(ramp(QUANTUM * 6));
  const before = spoken(read(playout, 1));
  playout.pause();
  read(playout, 50);
  playout.push(ramp(QUANTUM, QUANTUM * 6 + 1));
  assert.equal(playout.played, QUANTUM);
  playout.resume();
  const after = spoken(read(playout, 6));
  assert.deepEqual([...before, ...after], [...ramp(QUANTUM * 7)]);
});

test('a pause is silent after a short fade', () => {
  const playout = new Playout(48_000);
  playout.push(new Int16Array(16_000).fill(16_000));
  read(playout, 10);
  playout.pause();
  const heard = read(playout, 4);
  assert.ok(heard[0] > 0.4 && heard[0] < 0.5);
  assert.ok(heard.subarray(2 * QUANTUM).every((sample) => Math.abs(sample) < 1e-4));
});

test('clear drops what waits and ends a pause', () => {
  const playout = new Playout(WIRE_RATE_HZ);
  playout.push(ramp(QUANTUM * 6));
  read(playout, 1);
  playout.pause();
  playout.clear();
  assert.deepEqual([playout.played, playout.buffered, playout.cleared], [QUANTUM, 0, 5 * QUANTUM]);
  read(playout, 2);
  playout.push(ramp(QUANTUM * 5));
  assert.deepEqual(spoken(read(playout, 5)), [...ramp(QUANTUM * 5)]);
});

test('played, buffered and cleared always count every sample', () => {
  let seed = 11;
  const random = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (const rateHz of [16_000, 44_100, 48_000]) {
    const playout = new Playout(rateHz);
    let pushed = 0;
    for (let step = 0; step < 3_000; step += 1) {
      const act = random(8);
      if (act < 3) {
        const samples = new Int16Array(random(900));
        pushed += samples.length;
        playout.push(samples);
      } else if (act < 6) read(playout, random(4));
      else if (act === 6) random(2) ? playout.pause() : playout.resume();
      else if (random(10) === 0) playout.clear();
      assert.equal(playout.played + playout.buffered + playout.cleared, pushed);
    }
  }
});

test('more than the bound is not taken', () => {
  const playout = new Playout(WIRE_RATE_HZ);
  playout.push(new Int16Array(MAX_BUFFERED_SAMPLES));
  playout.push(new Int16Array(10));
  assert.deepEqual([playout.buffered, playout.cleared], [MAX_BUFFERED_SAMPLES, 10]);
});
