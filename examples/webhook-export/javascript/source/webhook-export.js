// The action as the host calls it: pages in, requests out, one outcome for each object.
//
// What decides is in `delivery.js`. Requests go out by `fetch`, which the engine turns into `wasi:http`; they carry no
// credential, the host adds it. In a dry run nothing is sent.

import { dryRun, limit, runId } from 'palisade:action/circumstances@0.2.0';
import { next } from 'palisade:action/collection@0.2.0';
import { record } from 'palisade:action/results@0.2.0';

import { body, fault, judge, STOPPED } from './delivery.js';

// An error of the contract: what is thrown with a `payload` is the `err` of the function's result.
class ContractError extends Error {
  constructor(tag, value) {
    super(tag);
    this.payload = { tag, val: value };
  }
}

// The world's export `action`.
export const action = {
  async run(actionId, configuration) {
    if (actionId !== 'export') {
      throw new ContractError('unknown-action', actionId);
    }
    const settings = Object.fromEntries(configuration.map(({ name, value }) => [name, value.val]));
    const problem = fault(settings);
    if (problem) {
      throw new ContractError('invalid-configuration', [problem]);
    }
    const size = Number(settings.objects_per_request);
    for (let page = next(size); page.length > 0; page = next(size)) {
      if (dryRun()) {
        record(page.map((one) => outcome(one, { tag: 'planned' }, undefined, 0)));
      } else {
        await send(page, settings);
      }
    }
  },
};

// Sends the objects in one request, or in several if one would be larger than the host allows.
async function send(objects, settings) {
  const bytes = body(runId(), objects.map(({ object }) => object));
  const most = limit('request-body-bytes');
  if (most !== undefined && BigInt(bytes.length) > most) {
    if (objects.length === 1) {
      const problem = { code: 'object-too-large', message: `the object takes ${bytes.length} bytes as JSON` };
      record([outcome(objects[0], { tag: 'rejected', val: problem }, undefined, 0)]);
      return;
    }
    const middle = objects.length >> 1;
    await send(objects.slice(0, middle), settings);
    await send(objects.slice(middle), settings);
    return;
  }
  const { status, failure } = await post(settings.webhook_origin + settings.webhook_path, bytes);
  const { verdict, code, message } = judge(status, failure);
  if (verdict === STOPPED) {
    const hint = 'check the Bearer Token, and whether the receiver knows it';
    throw new ContractError('stopped', { problem: { code, message }, hint });
  }
  const judged = code ? { tag: verdict, val: { code, message } } : { tag: verdict };
  record(objects.map((one) => outcome(one, judged, status, 1)));
}

// The status of the answer, whose body is not read, or why there is none.
async function post(url, bytes) {
  try {
    const headers = { 'content-type': 'application/json', 'user-agent': 'webhook-export/0.1.0' };
    const response = await fetch(url, { method: 'POST', headers, body: bytes, redirect: 'manual' });
    return { status: response.status };
  } catch (error) {
    return { failure: error.message };
  }
}

// The outcome of one object, with what was or would have been submitted for it.
function outcome(one, verdict, status, attempts) {
  const submissions = [{ field: 'object', value: one.object.value, status, attempts }];
  return { key: one.key, verdict, submissions, outputs: [], downloads: [] };
}
