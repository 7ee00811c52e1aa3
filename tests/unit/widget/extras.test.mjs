import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Extras } from '../../../widget/static/element/extras.js';

test('what could not be loaded is asked for again when it is wanted again', async (context) => {
  const complaints = context.mock.method(console, 'error', () => {});
  const answers = [Promise.reject(new TypeError('no network')), Promise.resolve('terms')];
  let arrivals = 0;
  const asked = [];
  const extras = new Extras(
    (path) => {
      asked.push(path);
      return answers[asked.length - 1];
    },
    () => {
      arrivals += 1;
    },
  );
  const want = async () => {
    const module = extras.want('a.js');
    await new Promise(setImmediate);
    return module;
  };
  assert.equal(await want(), undefined);
  assert.deepEqual([asked.length, arrivals, complaints.mock.callCount()], [1, 0, 1]);
  assert.equal(await want(), undefined);
  assert.deepEqual([asked.length, arrivals], [2, 1]);
  assert.equal(await want(), 'terms');
  assert.deepEqual(asked, ['a.js', 'a.js']);
});
