import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MAX_LINES, withClosedLine, withText } from '../../../widget/static/sdk/transcript.js';

const texts = (lines) => lines.map((line) => `${line.speaker}: ${line.text}${line.open ? ' …' : ''}`);

test('partials replace the open line until one is final', () => {
  let lines = withText([], 'user', 'what', false);
  lines = withText(lines, 'user', 'what are your', false);
  lines = withText(lines, 'user', 'what are your opening hours', true);
  lines = withText(lines, 'user', 'and', false);
  assert.deepEqual(texts(lines), ['user: what are your opening hours', 'user: and …']);
});

test('each speaker has a line of its own', () => {
  let lines = withText([], 'agent', 'We are', false);
  lines = withText(lines, 'user', 'wait', false);
  lines = withText(lines, 'agent', 'We are open', true);
  lines = withText(lines, 'user', 'wait please', true);
  assert.deepEqual(texts(lines), ['agent: We are open', 'user: wait please']);
});

test('a line keeps its id while it grows, and no id is used twice', () => {
  const first = withText([], 'user', 'a', false);
  const grown = withText(first, 'user', 'a b', true);
  const second = withText(grown, 'agent', 'c', true);
  assert.equal(grown[0].id, first[0].id);
  assert.equal(new Set(second.map((line) => line.id)).size, 2);
});

test('an empty text takes the open line back, and nothing else', () => {
  const lines = withText(withText([], 'agent', 'Hi', true), 'user', 'uh', false);
  assert.deepEqual(texts(withText(lines, 'user', ' ', true)), ['agent: Hi']);
  assert.equal(withText(lines, 'agent', '', true), lines);
});

test('a closed line stands as it is', () => {
  const lines = withClosedLine(withText([], 'agent', 'We are op', false), 'agent');
  assert.deepEqual(texts(withText(lines, 'agent', 'Sorry?', true)), ['agent: We are op', 'agent: Sorry?']);
  assert.equal(withClosedLine(lines, 'agent'), lines);
});

test('only the newest lines are kept', () => {
  let lines = [];
  for (let count = 0; count < MAX_LINES + 5; count += 1) lines = withText(lines, 'user', `line ${count}`, true);
  assert.equal(lines.length, MAX_LINES);
  assert.equal(lines[0].text, 'line 5');
});
