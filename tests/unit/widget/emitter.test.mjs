import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Emitter } from '../../../widget/static/sdk/emitter.js';

test('listeners are called in their order, with every argument', () => {
  const emitter = new Emitter();
  const heard = [];
  emitter.on('it', (...args) => heard.push(['first', ...args])).addListener('it', (...args) => heard.push(['second', ...args]));
  assert.equal(emitter.emit('it', 1, 2), true);
  assert.equal(emitter.emit('other'), false);
  assert.deepEqual(heard, [['first', 1, 2], ['second', 1, 2]]);
  assert.deepEqual([emitter.listenerCount('it'), emitter.listenerCount('other')], [2, 0]);
});

test('once is once, also when the listener emits again', () => {
  const emitter = new Emitter();
  let calls = 0;
  emitter.once('it', () => {
    calls += 1;
    emitter.emit('it');
  });
  emitter.emit('it');
  assert.equal(calls, 1);
});

test('listeners are taken off: one, all of an event, all', () => {
  const emitter = new Emitter();
  const one = () => {};
  const add = () => emitter.on('it', one).on('it', () => {}).on('other', one);
  add().off('it', one);
  assert.equal(emitter.listenerCount('it'), 1);
  add().removeListener('it');
  assert.equal(emitter.listenerCount('it'), 0);
  add().removeAllListeners('it');
  assert.deepEqual([emitter.listenerCount('it'), emitter.listenerCount('other') > 0], [0, true]);
  add().removeAllListeners();
  assert.deepEqual([emitter.listenerCount('it'), emitter.listenerCount('other')], [0, 0]);
});

test('a listener that is taken off while an event is told still hears that one', () => {
  const emitter = new Emitter();
  const heard = [];
  const second = () => heard.push('second');
  emitter.on('it', () => emitter.off('it', second)).on('it', second);
  emitter.emit('it');
  emitter.emit('it');
  assert.deepEqual(heard, ['second']);
});

test('a listener that throws is reported as uncaught and harms nobody', () => {
  const later = [];
  mock.method(globalThis, 'queueMicrotask', (act) => later.push(act));
  const emitter = new Emitter();
  const heard = [];
  emitter.on('it', () => {
    throw new Error('of the application');
  });
  emitter.on('it', () => heard.push('second'));
  emitter.emit('it');
  assert.deepEqual(heard, ['second']);
  assert.throws(later[0], /of the application/);
});
