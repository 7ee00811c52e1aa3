import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pairsOf } from '../../../widget/static/playground/lines.js';
import { barsOf } from '../../../widget/static/playground/waits.js';

test('lines are read as metadata', () => {
  assert.deepEqual(pairsOf('userName: Ann\n\n url : https://a.example:1 \nno colon\n: x\nempty:\n'), {
    userName: 'Ann',
    url: 'https://a.example:1',
  });
});

test('an answer that was not prepared: end of turn, then model, then voice', () => {
  const bars = barsOf({ endpointing_delay: 500, first_segment: 290, tts_ttfb: 150, first_audio: 942 });
  assert.deepEqual(bars, [
    { part: 'endpointing', from: 0, to: 500 },
    { part: 'llm', from: 502, to: 792 },
    { part: 'tts', from: 792, to: 942 },
  ]);
});

test('what was prepared before the end of speech is cut at it', () => {
  const bars = barsOf({ endpointing_delay: 300, first_segment: 900, tts_ttfb: 100, first_audio: 310 });
  assert.deepEqual(bars[1], { part: 'llm', from: 0, to: 210 });
});

test('what a turn did not have is not drawn', () => {
  assert.deepEqual(barsOf({ first_audio: null, tts_ttfb: 20 }), []);
  assert.deepEqual(barsOf({ first_audio: 80, endpointing_delay: null, first_segment: null, tts_ttfb: 120 }), [
    { part: 'tts', from: 0, to: 80 },
  ]);
});
