import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { Forms } from '../../../widget/static/element/forms.js';

const FORM = { description: 'Your booking', fields: [] };
/** Forms whose module comes after so many milliseconds, or `fails` to, time by time; a list for answers; what is shown. */
function formsOf(...loads) {
  const shown = [];
  const showForm = (place, form, words, css, onAnswer) => {
    shown.push([css, onAnswer]);
    return () => shown.pop();
  };
  const load = async () => {
    const how = loads.shift();
    if (how === 'fails') throw new TypeError('no network');
    await setTimeout(how);
    return { showForm };
  };
  return [new Forms({}, load), [], shown];
}

test('a form that cannot be loaded counts as closed, and the next one is loaded again', async (context) => {
  const complaints = context.mock.method(console, 'error', () => {});
  const [forms, answers, shown] = formsOf('fails', 0);
  const show = (callId) => forms.show(callId, FORM, {}, 'red', (values) => answers.push([callId, values]));
  await show('c1');
  assert.deepEqual([answers, shown.length, complaints.mock.callCount()], [[['c1', null]], 0, 1]);
  await show('c2');
  const [[css, answer]] = shown;
  assert.equal(css, 'background: red');
  answer({ name: 'Ann' });
  assert.deepEqual(answers, [['c1', null], ['c2', { name: 'Ann' }]]);
});

test('forms come in the order of their calls, however long their module takes', async () => {
  const [forms, , shown] = formsOf(20, 0);
  await Promise.all(['c1', 'c2'].map((callId) => forms.show(callId, FORM, {}, `color: ${callId}`, () => {})));
  assert.deepEqual(shown.map(([css]) => css), ['color: c1', 'color: c2']);
});

test('a form that is shown already stays as it is, and is answered once', async () => {
  const [forms, answers, shown] = formsOf(0);
  for (const time of [1, 2]) await forms.show('c1', FORM, {}, '', (values) => answers.push([time, values]));
  assert.equal(shown.length, 1);
  shown[0][1](null);
  assert.deepEqual(answers, [[1, null]]);
});

test('a form that is taken away before it is there neither comes nor is answered', async (context) => {
  context.mock.method(console, 'error', () => {});
  for (const how of [0, 'fails']) {
    const [forms, answers, shown] = formsOf(how);
    const showing = forms.show('c1', FORM, {}, '', (values) => answers.push(values));
    forms.remove();
    await showing;
    assert.deepEqual([answers, shown], [[], []], how);
  }
});
