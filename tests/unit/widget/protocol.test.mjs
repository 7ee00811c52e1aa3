import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { eventOf, functionResultFrame, initiateFrame, parseFrame, pingFrame } from '../../../widget/static/sdk/protocol.js';

const event = (text) => eventOf(parseFrame(text), 5);

test('initiate names the agent and the key, and carries metadata and token only when there are any', () => {
  const bare = JSON.parse(initiateFrame({ agentId: '-A', publicKey: 'K', metadata: {}, token: '' }));
  assert.deepEqual(bare, { method: 'initiate', data: { public_key: 'K', agent: { agent_id: '-A' }, web_forms: true } });
  const full = JSON.parse(initiateFrame({ agentId: '-A', publicKey: 'K', metadata: { userName: 'Ann' }, token: 't' }));
  assert.deepEqual([full.data.metadata, full.data.token], [{ userName: 'Ann' }, 't']);
});

test('a ping carries the time as decimal text', () => {
  assert.deepEqual(JSON.parse(pingFrame(1_700_000_000_000.4)), { method: 'ping', data: '1700000000000' });
});

test('a form is answered under the id of its call, and closing it is an answer', () => {
  const frame = (values) => JSON.parse(functionResultFrame('c1', values));
  assert.deepEqual(frame({ a: 1 }), { method: 'function_result', data: { call_id: 'c1', values: { a: 1 } } });
  assert.deepEqual(frame(null).data, { call_id: 'c1', values: null });
});

test('frames that are no message are nothing', () => {
  for (const text of ['', '{', '[]', 'null', '7', '{"method":7}', '{"data":1}']) assert.equal(parseFrame(text), undefined);
});

test('every message has its event', () => {
  const cases = [
    ['{"method":"onready","payload":{"session_id":"s"}}', { type: 'ready', sessionId: 's' }],
    ['{"method":"onready","data":{"session_id":"d"}}', { type: 'ready', sessionId: 'd' }],
    ['{"method":"onready"}', { type: 'ready', sessionId: undefined }],
    ['{"method":"start_answering"}', { type: 'answering', atMs: 5 }],
    ['{"method":"pause"}', { type: 'paused' }],
    ['{"method":"unpause"}', { type: 'unpaused' }],
    ['{"method":"clear"}', { type: 'cleared' }],
    [
      '{"method":"ontranscript","data":"hi","payload":{"is_final":true}}',
      { type: 'said', speaker: 'user', text: 'hi', isFinal: true },
    ],
    ['{"method":"onresponsetext","data":"yo"}', { type: 'said', speaker: 'agent', text: 'yo', isFinal: false }],
    [
      '{"method":"onfunction","data":"","payload":{"name":"f","params":{"a":1}}}',
      { type: 'function', name: 'f', params: { a: 1 }, callId: undefined, form: undefined },
    ],
    ['{"method":"onfunctionended","data":{"call_id":"c"}}', { type: 'function-ended', callId: 'c' }],
    ['{"method":"onsessionended","data":{"reason":"timeout","duration":3}}', { type: 'ended', reason: 'timeout' }],
    ['{"method":"onsessionended"}', { type: 'ended', reason: undefined }],
    ['{"method":"pong","data":"1"}', undefined],
    ['{"method":"ai_action","data":"x"}', undefined],
    ['{"method":"something_new"}', undefined],
  ];
  for (const [text, expected] of cases) assert.deepEqual(event(text), expected, text);
});

test('the frames of the worker, as its own tests write them, are understood', () => {
  const folder = new URL('../../vectors/wire/', import.meta.url);
  const types = {
    OnReady: 'ready',
    StartAnswering: 'answering',
    Pause: 'paused',
    Unpause: 'unpaused',
    Clear: 'cleared',
    OnTranscript: 'said',
    OnResponseText: 'said',
    OnFunction: 'function',
    OnFunctionEnded: 'function-ended',
    OnSessionEnded: 'ended',
    Pong: undefined,
    AiAction: undefined,
    OnMetrics: undefined,
  };
  const names = readdirSync(folder).filter((name) => name.startsWith('server_'));
  const seen = new Set();
  for (const name of names) {
    const vector = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    seen.add(vector.type);
    const result = event(JSON.stringify(vector.frame));
    assert.equal(result?.type, types[vector.type], name);
    if (result?.type === 'said') assert.deepEqual([result.text, result.isFinal], [vector.fields.text, vector.fields.is_final]);
    if (result?.type === 'ready') assert.equal(result.sessionId, vector.fields.session_id);
    if (result?.type === 'function') assert.deepEqual([result.name, result.params], [vector.fields.name, vector.fields.params]);
    if (vector.fields.form) assert.deepEqual([result.callId, result.form], [vector.fields.call_id, vector.fields.form]);
    if (result?.type === 'ended') assert.equal(result.reason, vector.fields.reason);
  }
  assert.deepEqual([...seen].sort(), Object.keys(types).sort());
});
