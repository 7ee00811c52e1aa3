import assert from 'node:assert/strict';
import { test } from 'node:test';

import { outlineOf } from '../../../widget/static/element/icons.js';
import { DEFAULT_LOOK, parseLook, parseObject } from '../../../widget/static/element/look.js';

test('a look changes what it names and leaves the rest', () => {
  const look = parseLook('{"titles":{"idle":"Talk"},"icons":{"running":"mdi:phone-hangup"},"size":160,"transcript":false,"formCss":"color: red"}');
  assert.deepEqual(look.titles, { ...DEFAULT_LOOK.titles, idle: 'Talk' });
  assert.deepEqual(look.icons, { ...DEFAULT_LOOK.icons, running: 'mdi:phone-hangup' });
  assert.deepEqual([look.size, look.transcript, look.buttonCss, look.formCss], [160, false, '', 'color: red']);
});

test('what is not of its type is left at its default', () => {
  for (const text of [null, '', '{', '[]', 'null', '7', '{"titles":[],"icons":3,"size":"big","transcript":"no","buttonCss":{},"formCss":1}']) {
    assert.deepEqual(parseLook(text), DEFAULT_LOOK, String(text));
  }
  assert.deepEqual(parseLook('{"titles":{"idle":7},"size":-1}'), DEFAULT_LOOK);
});

test('metadata is an object or nothing', () => {
  assert.deepEqual(parseObject('{"a":1}'), { a: 1 });
  for (const text of [null, '[1]', '"a"', 'null']) assert.deepEqual(parseObject(text), {});
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
