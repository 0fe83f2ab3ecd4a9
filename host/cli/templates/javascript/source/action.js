// The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.
//
// What decides is in `delivery.js`. Requests go out by `fetch`, which the engine turns into `wasi:http`; they carry no
// credential, the host adds it.

import { dryRun } from 'palisade:action/circumstances@0.2.0';
import { next } from 'palisade:action/collection@0.2.0';
import { record } from 'palisade:action/results@0.2.0';

import { accepts, body, judge, STOPPED } from './delivery.js';

// Objects in one request.
const PAGE = 100;

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
    if (actionId !== 'send') {
      throw new ContractError('unknown-action', actionId);
    }
    const settings = Object.fromEntries(configuration.map(({ name, value }) => [name, value.val]));
    for (let page = next(PAGE); page.length > 0; page = next(PAGE)) {
      const taken = page.filter(({ object }) => accepts(object.subtype));
      record(page.filter(({ object }) => !accepts(object.subtype)).map(skip));
      if (dryRun()) {
        record(taken.map((one) => outcome(one, { tag: 'planned' }, undefined, 0)));
      } else if (taken.length > 0) {
        await send(taken, settings.service);
      }
    }
  },
};

// Sends the objects and reports their outcomes.
async function send(objects, service) {
  const { status, failure } = await post(`${service}/objects`, body(objects.map(({ object }) => object)));
  const { verdict, code, message } = judge(status, failure);
  if (verdict === STOPPED) {
    throw new ContractError('stopped', { problem: { code, message }, hint: 'check the API Key' });
  }
  const judged = code ? { tag: verdict, val: { code, message } } : { tag: verdict };
  record(objects.map((one) => outcome(one, judged, status, 1)));
}

// The status of the answer, whose body is not read, or why there is none.
async function post(url, bytes) {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: bytes, redirect: 'manual' });
    return { status: response.status };
  } catch (error) {
    return { failure: error.message };
  }
}

// The outcome of one object, with what was or would have been submitted for it.
function outcome(one, verdict, status, attempts) {
  const submissions = [{ field: one.object.subtype, value: one.object.value, status, attempts }];
  return { key: one.key, verdict, submissions, outputs: [], downloads: [] };
}

// The outcome of an object that the service does not accept.
function skip(one) {
  const message = `the service does not accept objects of type \`${one.object.subtype}\``;
  const verdict = { tag: 'skipped', val: { code: 'type-not-accepted', message } };
  return { key: one.key, verdict, submissions: [], outputs: [], downloads: [] };
}
