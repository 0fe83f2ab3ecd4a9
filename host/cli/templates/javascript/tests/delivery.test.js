// What is decided, without WebAssembly.

import assert from 'node:assert/strict';
import test from 'node:test';

import * as delivery from '../source/delivery.js';

test('only a 2xx counts as success', () => {
  assert.equal(delivery.judge(204).verdict, delivery.ACCEPTED);
  assert.equal(delivery.judge(302).verdict, delivery.FAILED);
  assert.equal(delivery.judge(400).verdict, delivery.REJECTED);
  assert.equal(delivery.judge(401).verdict, delivery.STOPPED);
  assert.equal(delivery.judge(500).verdict, delivery.FAILED);
  assert.equal(delivery.judge(undefined, 'connection refused').verdict, delivery.FAILED);
});

test('the body holds type and value', () => {
  const bytes = delivery.body([{ subtype: 'FQDN', value: 'a.example', score: 7 }]);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), [{ type: 'FQDN', value: 'a.example' }]);
});
