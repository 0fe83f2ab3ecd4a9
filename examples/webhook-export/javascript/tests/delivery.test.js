// What is decided, without WebAssembly.

import assert from 'node:assert/strict';
import test from 'node:test';

import * as delivery from '../source/delivery.js';

test('only a 2xx is taken for success', () => {
  const expected = [
    [200, delivery.ACCEPTED],
    [204, delivery.ACCEPTED],
    [302, delivery.FAILED],
    [400, delivery.REJECTED],
    [401, delivery.STOPPED],
    [403, delivery.STOPPED],
    [413, delivery.REJECTED],
    [429, delivery.FAILED],
    [503, delivery.FAILED],
    [undefined, delivery.FAILED],
  ];
  for (const [status, verdict] of expected) {
    assert.equal(delivery.judge(status, 'connection refused').verdict, verdict, String(status));
  }
});

test('an object is sent as the platform holds it', () => {
  const entry = {
    kind: 'Indicator',
    subtype: 'FQDN',
    value: 'malware.example',
    score: 7.5,
    attributes: [{ name: 'Source', value: 'hönig' }],
    tags: ['a'],
  };
  const bytes = delivery.body('r', [{ key: 1n, ...entry }]);
  const sent = JSON.parse(new TextDecoder().decode(bytes));
  assert.deepEqual(sent, { run: 'r', objects: [{ ...entry, status: null, description: null }] });
});

test('a path that is none is refused', () => {
  assert.equal(delivery.fault({ webhook_path: '/a/b?c=%20' }), undefined);
  for (const path of ['', 'a', '/a b', '/a#b', '/ä', '/a\n']) {
    assert.ok(delivery.fault({ webhook_path: path }), path);
  }
});
