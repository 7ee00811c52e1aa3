import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mayTalk } from '../../../widget/static/bridge.js';

test('a key without origins is any page of an origin', () => {
  for (const origin of ['https://shop.example', 'http://127.0.0.1:8000', 'chrome-extension://abc']) {
    assert.ok(mayTalk(origin, null), origin);
  }
  for (const origin of ['null', '', 'https://']) assert.equal(mayTalk(origin, null), false, origin);
});

test('origins are compared as the policy of the page has them', () => {
  const origins = ['https://shop.example', 'https://*.example.com', 'http://localhost:*', 'https://a.example:8443'];
  const cases = [
    ['https://shop.example', true],
    ['http://shop.example', false],
    ['https://shop.example.evil', false],
    ['https://shopxexample', false],
    ['https://shop.example:8443', false],
    ['https://www.example.com', true],
    ['https://a.b.example.com', true],
    ['https://example.com', false],
    ['https://evil.com/.example.com', false],
    ['https://evilexample.com', false],
    ['http://localhost', true],
    ['http://localhost:3000', true],
    ['https://a.example:8443', true],
    ['null', false],
  ];
  for (const [origin, allowed] of cases) assert.equal(mayTalk(origin, origins), allowed, origin);
  assert.equal(mayTalk('https://shop.example', []), false);
});
