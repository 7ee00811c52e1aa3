import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import {
  dtmfFrame,
  eventOf,
  functionResultFrame,
  initiateFrame,
  parseFrame,
  pingFrame,
  startPayload,
  userTextFrame,
  voiceFrame,
} from '../../../widget/static/sdk/protocol.js';

const event = (text) => eventOf(parseFrame(text), 5);

const data = (payload) => JSON.parse(initiateFrame('K', payload)).data;

test('initiate names the agent and the key, and carries nothing that was not given', () => {
  const bare = { agent: { agent_id: '-A' }, metadata: {}, token: '', voice: true };
  assert.deepEqual(JSON.parse(initiateFrame('K', bare)), { method: 'initiate', data: { public_key: 'K', agent: { agent_id: '-A' } } });
  const full = {
    agent: { agent_id: '-A', agent_config: { language: 'de' } },
    metadata: { userName: 'Ann' },
    include_metadata_in_prompt: true,
    session_continuation: { session_id: 's' },
    call_id: 'c',
    token: 't',
    web_forms: true,
    voice: false,
  };
  assert.deepEqual(data(full), { public_key: 'K', ...full });
});

test('every form of start', () => {
  const config = { prompt: 'You help.', voice: { provider: 'openai', voice_id: 'v' } };
  const metadata = { userName: 'Ann' };
  const cases = [
    [['-A'], { agent: { agent_id: '-A' } }],
    [['-A', metadata], { agent: { agent_id: '-A' }, metadata }],
    [['-A', metadata, true], { agent: { agent_id: '-A' }, metadata, include_metadata_in_prompt: true }],
    [['-A', metadata, false], { agent: { agent_id: '-A' }, metadata }],
    [[config], { agent: { agent_config: config } }],
    [[config, metadata, true], { agent: { agent_config: config }, metadata, include_metadata_in_prompt: true }],
    [[{ agent: { agent_id: '-A', agent_config: config }, metadata }], { agent: { agent_id: '-A', agent_config: config }, metadata }],
    [[{ agent: { agent_id: '-A' }, session_continuation: { session_id: 's' } }, metadata], { agent: { agent_id: '-A' }, session_continuation: { session_id: 's' }, metadata }],
    [[{ call_id: 'c' }], { call_id: 'c' }],
  ];
  for (const [given, payload] of cases) assert.deepEqual(startPayload(...given), payload);
  assert.deepEqual(data(startPayload({ call_id: 'c' })), { public_key: 'K', call_id: 'c' });
});

test('typed text, telephone keys and the switch to text', () => {
  assert.deepEqual(JSON.parse(userTextFrame('when are you open?')), { method: 'user_text', data: 'when are you open?' });
  assert.deepEqual(JSON.parse(dtmfFrame('12*#')), { method: 'dtmf', data: '12*#' });
  assert.deepEqual(JSON.parse(voiceFrame(false)), { method: 'voice', data: false });
  for (const text of ['', ' \n', 'x'.repeat(4_001)]) assert.throws(() => userTextFrame(text), RangeError);
  for (const keys of ['', 'A', '1 2', '1'.repeat(33)]) assert.throws(() => dtmfFrame(keys), RangeError);
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
    ['{"method":"onready","payload":{"session_id":"s","resumed":true}}', { type: 'ready', sessionId: 's', resumed: true }],
    ['{"method":"onready","data":{"session_id":"d"}}', { type: 'ready', sessionId: 'd', resumed: undefined }],
    ['{"method":"onready"}', { type: 'ready', sessionId: undefined, resumed: undefined }],
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
