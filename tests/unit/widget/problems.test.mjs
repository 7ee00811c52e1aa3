import assert from 'node:assert/strict';
import { test } from 'node:test';

import { obstacle, Problem, problemOfClose, problemOfMicrophone } from '../../../widget/static/sdk/problems.js';
import ENGLISH from '../../../widget/static/strings/en.js';

const FINE = { secure: true, opaque: false, framed: false, allowed: true, supported: true };

test('a page that may use the microphone has no obstacle, also where the policy cannot be asked', () => {
  assert.equal(obstacle(FINE), undefined);
  assert.equal(obstacle({ ...FINE, framed: true, allowed: undefined }), undefined);
});

test('the most telling obstacle is named', () => {
  const cases = [
    [{ opaque: true, secure: false, framed: true, allowed: false, supported: false }, Problem.SANDBOXED],
    [{ secure: false, supported: false }, Problem.INSECURE],
    [{ framed: true, allowed: false }, Problem.FRAME_WITHOUT_MICROPHONE],
    [{ framed: false, allowed: false }, Problem.PAGE_WITHOUT_MICROPHONE],
    [{ supported: false }, Problem.UNSUPPORTED],
  ];
  for (const [facts, problem] of cases) assert.equal(obstacle({ ...FINE, ...facts }), problem);
});

test('exceptions of getUserMedia', () => {
  const cases = [
    ['NotAllowedError', Problem.MICROPHONE_DENIED],
    ['NotFoundError', Problem.MICROPHONE_MISSING],
    ['NotReadableError', Problem.MICROPHONE_BUSY],
    ['SomethingNewError', Problem.MICROPHONE_BUSY],
  ];
  for (const [name, problem] of cases) assert.equal(problemOfMicrophone(new DOMException('', name), FINE), problem);
  assert.equal(problemOfMicrophone('odd', FINE), Problem.MICROPHONE_BUSY);
});

test('a denial in a frame of a browser without a policy view may be the missing allow', () => {
  const denial = new DOMException('', 'NotAllowedError');
  assert.equal(
    problemOfMicrophone(denial, { ...FINE, framed: true, allowed: undefined }),
    Problem.MICROPHONE_DENIED_IN_FRAME,
  );
  assert.equal(problemOfMicrophone(denial, { ...FINE, framed: true }), Problem.MICROPHONE_DENIED);
});

test('close codes', () => {
  const cases = [
    [1000, true, undefined],
    [1001, true, Problem.RESTARTING],
    [1006, true, Problem.LOST],
    [1006, false, Problem.UNREACHABLE],
    [1008, true, Problem.REFUSED],
    [1011, true, Problem.SERVER_ERROR],
    [1013, true, Problem.BUSY],
    [4000, true, Problem.LOST],
  ];
  for (const [code, opened, problem] of cases) assert.equal(problemOfClose({ code, opened }), problem, String(code));
});

test('every problem has words of its own for people', () => {
  const { problems } = ENGLISH;
  const texts = Object.values(Problem).map((problem) => problems[problem].join(' '));
  assert.equal(new Set(texts).size, texts.length);
  assert.deepEqual(Object.keys(problems).sort(), Object.values(Problem).sort());
  for (const [title, advice, ...more] of Object.values(problems)) assert.ok(title && advice && more.length === 0);
});
