import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';

import { directionOf, languageOf } from '../../../widget/static/element/language.js';
import { fill, stringsOf } from '../../../widget/static/element/strings.js';
import ENGLISH from '../../../widget/static/strings/en.js';

const STRINGS = new URL('../../../widget/static/strings/', import.meta.url);
const languages = readdirSync(STRINGS).map((name) => name.replace('.js', ''));

/** @param {string} text */
const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

test('the first wish that we have is taken, by its primary subtag', () => {
  const cases = [
    [['de-AT', 'en'], 'de'],
    [[null, undefined, '', 'sv', 'PT_br'], 'pt'],
    [['zh-Hant-TW'], 'zh'],
    [['deu', 'enm'], 'en'],
    [[], 'en'],
  ];
  for (const [wishes, language] of cases) assert.equal(languageOf(wishes), language, String(wishes));
});

test('Arabic, Hebrew, Persian and Urdu run from right to left', () => {
  for (const language of ['ar', 'ar-EG', 'he', 'fa', 'ur']) assert.equal(directionOf(language), 'rtl', language);
  for (const language of ['en', 'de', 'ja']) assert.equal(directionOf(language), 'ltr', language);
});

test('every file is a language that is found, English and ten more', () => {
  assert.equal(languages.length, 11);
  for (const language of languages) assert.equal(languageOf([language]), language);
});

for (const language of languages) {
  test(`${language} says everything that English says`, async () => {
    const { default: strings } = await import(`${STRINGS}${language}.js`);
    assert.deepEqual(Object.keys(strings).sort(), Object.keys(ENGLISH).sort());
    for (const group of ['problems', 'form']) {
      assert.deepEqual(Object.keys(strings[group]).sort(), Object.keys(ENGLISH[group]).sort());
    }
    const texts = (it) => Object.entries({ ...it, ...it.form }).filter(([, text]) => typeof text === 'string');
    assert.equal(texts(strings).length, texts(ENGLISH).length);
    for (const [key, text] of texts(strings)) {
      assert.ok(text.trim(), key);
      assert.deepEqual(gaps(text), gaps({ ...ENGLISH, ...ENGLISH.form }[key]), key);
    }
    for (const [problem, texts] of Object.entries(strings.problems)) {
      assert.equal(texts.length, 2, problem);
      const attributes = /allow-same-origin|allow="microphone"|Permissions-Policy|https:\/\//g;
      assert.deepEqual(texts.join().match(attributes), ENGLISH.problems[problem].join().match(attributes), problem);
    }
  });
}

test('words of the page win, in groups one by one', () => {
  const strings = stringsOf(ENGLISH, { start: 'Go', problems: { lost: ['Gone.', 'Again.'] } });
  assert.deepEqual([strings.start, strings.stop], ['Go', ENGLISH.stop]);
  assert.deepEqual([strings.problems.lost, strings.problems.busy], [['Gone.', 'Again.'], ENGLISH.problems.busy]);
  assert.deepEqual(strings.form, ENGLISH.form);
});

test('gaps are filled, unknown ones stay', () => {
  assert.equal(fill('Call {id} {x}', { id: 7 }), 'Call 7 {x}');
});
