import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ATTRIBUTES, settingsOf } from '../../../widget/static/element/attributes.js';
import { metadataOf } from '../../../widget/static/element/metadata.js';
import { textOf } from '../../../widget/static/element/read.js';
import { unknownAttributes } from '../../../widget/static/element/unknown.js';

/** As much of an element as is read. */
const element = (attributes) => ({
  getAttribute: (name) => attributes[name] ?? null,
  getAttributeNames: () => Object.keys(attributes),
});

const read = (attributes) => {
  const warnings = [];
  return { settings: settingsOf(element(attributes), (warning) => warnings.push(warning)), warnings };
};

test('without attributes everything has its default', () => {
  const { settings, warnings } = read({});
  assert.deepEqual(Object.keys(settings), Object.keys(ATTRIBUTES));
  assert.deepEqual([settings.variant, settings.theme, settings.placement], ['button', 'auto', 'inline']);
  assert.deepEqual([settings.transcript, settings.expanded, settings.metadata], [true, false, {}]);
  assert.deepEqual(warnings, []);
});

test('each is read by its type', () => {
  const { settings, warnings } = read({
    'agent-id': '-Abc',
    variant: 'compact',
    expanded: '',
    transcript: 'false',
    metadata: '{"a": 1}',
    'text-input': 'true',
  });
  assert.deepEqual([settings['agent-id'], settings.variant, settings.metadata], ['-Abc', 'compact', { a: 1 }]);
  assert.deepEqual([settings.expanded, settings.transcript, settings['text-input']], [true, false, true]);
  assert.deepEqual(warnings, []);
});

test('a script that loads the widget has them with data- before their names', () => {
  const { settings } = read({ 'data-agent-id': '-Abc', 'data-transcript': 'false', 'data-variant': 'full', variant: 'compact' });
  assert.deepEqual([settings['agent-id'], settings.transcript, settings.variant], ['-Abc', false, 'compact']);
  const given = element({ 'data-variant': 'full', expanded: 'false', theme: '' });
  assert.deepEqual(['variant', 'expanded', 'theme', 'language'].map((name) => textOf(given, name)), ['full', undefined, '', undefined]);
});

test('what is not understood is the default, with a warning', () => {
  const wrong = { variant: 'huge', metadata: '[1]', look: '{', strings: 'null', theme: 'Dark', placement: 'left' };
  const { settings, warnings } = read(wrong);
  assert.deepEqual(settings, read({}).settings);
  assert.deepEqual(
    warnings.map((warning) => warning.split('=')[0]).sort(),
    Object.keys(wrong).sort(),
  );
  assert.equal(warnings[0], 'metadata="[1]" is not understood');
});

test('attributes that we do not have are named, those of pages and frameworks are not', () => {
  const unknown = (attributes) => unknownAttributes(element(Object.fromEntries(attributes.map((name) => [name, '']))), Object.keys(ATTRIBUTES));
  assert.deepEqual(unknown(['agentid', 'colour']), [
    'there is no attribute agentid, but agent-id',
    'there is no attribute colour',
  ]);
  const others = ['id', 'class', 'style', 'lang', 'dir', 'title', 'hidden', 'slot', 'part', 'role', 'tabindex', 'aria-label'];
  const frameworks = ['data-x', 'data-meta-a', 'onclick', '_ngcontent-abc', 'v-on:click', '@click', ':id', 'x1'];
  assert.deepEqual(unknown([...Object.keys(ATTRIBUTES), ...others, ...frameworks]), []);
});

test('metadata of data attributes is named as their dataset names it', () => {
  assert.deepEqual(metadataOf({ metaUserName: 'Ann', metaPlan: '', metal: 'x', meta: 'y' }), { userName: 'Ann', plan: '' });
});
