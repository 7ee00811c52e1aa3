import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pairsOf } from '../../../widget/static/playground/lines.js';
import { piecesOf, rendered } from '../../../widget/static/playground/variables.js';
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

const VECTORS = [
  ['Hi {userName}', { userName: 'Ann' }, 'Hi Ann'],
  ['{<user name>} {unknown}', { 'user name': '{x}' }, '{x} {unknown}'],
  ['{größe} {数} {a.b-c}', { größe: 'L', 数: '1', 'a.b-c': '2' }, 'L 1 2'],
  ['{ a} {} {{a}} {a', { a: '1' }, '{ a} {} {1} {a'],
  ['{toString}', {}, '{toString}'],
];

test('variables are filled in as the server does it', () => {
  for (const [text, values, expected] of VECTORS) assert.equal(rendered(text, values), expected);
});

test('the pieces of a text are the text', () => {
  for (const [text] of VECTORS) assert.equal(piecesOf(text).map((piece) => piece.text).join(''), text);
});
