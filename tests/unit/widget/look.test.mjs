import assert from 'node:assert/strict';
import { test } from 'node:test';

import { outlineOf } from '../../../widget/static/element/icons.js';
import { lookOf } from '../../../widget/static/element/look.js';

const PLAIN = { titles: {}, icons: {}, buttonCss: '', formCss: '', size: undefined, transcript: true };

const look = (given) => lookOf({ look: {}, titles: {}, icons: {}, transcript: true, ...given });

test('a look changes what it names', () => {
  const given = { titles: { idle: 'Talk' }, icons: { running: 'mdi:phone-hangup' }, size: 160, transcript: false };
  assert.deepEqual(look({ look: given }), { ...PLAIN, ...given });
  assert.deepEqual(look({ look: { buttonCss: 'color: red', formCss: 'red' } }), { ...PLAIN, buttonCss: 'color: red', formCss: 'red' });
});

test('attributes of their own win over the look', () => {
  const { titles, icons } = look({
    look: { titles: { idle: 'Talk', running: 'End' }, icons: { idle: 'f7:mic' } },
    titles: { idle: 'Call' },
    icons: { idle: 'f7:phone' },
  });
  assert.deepEqual(titles, { idle: 'Call', running: 'End' });
  assert.deepEqual(icons, { idle: 'f7:phone' });
  assert.equal(look({ transcript: false, look: { transcript: true } }).transcript, false);
});

test('what is not of its type is left out', () => {
  for (const given of [{}, { titles: [], icons: 3, size: 'big', buttonCss: {} }, { titles: null, icons: { idle: 7 }, size: -1 }]) {
    assert.deepEqual(look({ look: given }), PLAIN, JSON.stringify(given));
  }
});

test('icon names of several sets are understood', () => {
  const cases = [
    ['f7:mic', 'mic'],
    ['f7:mic-slash', 'mic-off'],
    ['tabler:dots', 'dots'],
    ['tabler:microphone', 'mic'],
    ['tabler:microphone-off', 'mic-off'],
    ['mdi:phone', 'phone'],
    ['mdi:phone-hangup', 'phone-off'],
    ['f7:phone-down-fill', 'phone-off'],
    ['ic:baseline-call-end', 'phone-off'],
    ['eos-icons:loading', 'dots'],
    ['mdi:stop', 'stop'],
    ['mdi:play', 'play'],
    ['mdi:message-text', 'chat'],
    ['mdi:waveform', 'wave'],
    ['mdi:cat', undefined],
    ['', undefined],
  ];
  for (const [name, outline] of cases) assert.equal(outlineOf(name), outline, name);
});
