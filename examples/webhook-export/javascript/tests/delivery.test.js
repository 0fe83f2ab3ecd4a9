// What is decided, without WebAssembly.

import assert from 'node:assert/strict';
import test from 'node:test';

import * as delivery from '../source/delivery.js';

test('only a 2xx counts as success', () => {
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

test('an object is sent as its source has it', () => {
  const entry = {
    kind: 'Indicator',
    subtype: 'FQDN',
    value: 'malware.example',
    score: 7.5,
    tags: ['a'],
  };
  const attributes = [{ name: 'Source', value: { tag: 'text', val: 'hönig' } }];
  const bytes = delivery.body('r', [{ ...entry, attributes, expires: 1_800_000_000_000n }]);
  const sent = JSON.parse(new TextDecoder().decode(bytes));
  const others = { id: null, status: null, description: null, expires: 1_800_000_000_000 };
  const expected = { ...entry, ...others, attributes: [{ name: 'Source', value: 'hönig' }] };
  assert.deepEqual(sent, { run: 'r', objects: [expected] });
});

test('a value keeps its type', () => {
  const cases = [
    ['text', 'a', 'a'],
    ['integer', 7n, 7],
    ['integer', 2n ** 60n, String(2n ** 60n)],
    ['decimal', 7.5, 7.5],
    ['flag', true, true],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['json', '{"a": [1]}', { a: [1] }],
  ];
  for (const [tag, val, expected] of cases) {
    assert.deepEqual(delivery.plain({ tag, val }), expected, tag);
  }
});

test('a path that is none is refused', () => {
  assert.equal(delivery.fault({ webhook_path: '/a/b?c=%20' }), undefined);
  for (const path of ['', 'a', '/a b', '/a#b', '/ä', '/a\n']) {
    assert.ok(delivery.fault({ webhook_path: path }), path);
  }
});
