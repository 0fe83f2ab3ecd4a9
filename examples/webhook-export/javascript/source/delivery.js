// What is sent and what an answer means. Pure: no imports of the contract, so that it is tested without WebAssembly.
//
// An answer that is not understood never counts as accepted.

export const ACCEPTED = 'accepted';
export const REJECTED = 'rejected';
export const FAILED = 'failed';
export const STOPPED = 'stopped';

// What is wrong with the settings; undefined if nothing is.
export function fault(settings) {
  const path = settings.webhook_path;
  const code = 'webhook-path';
  if (!path.startsWith('/')) {
    return { code, message: 'the Webhook Path does not begin with `/`' };
  }
  if (!/^[\x21-\x22\x24-\x7e]+$/.test(path)) {
    return { code, message: 'the Webhook Path has characters that must be written as `%` and two digits' };
  }
  return undefined;
}

// The JSON of one request: the run's id, and each object as its source has it.
export function body(run, objects) {
  return new TextEncoder().encode(JSON.stringify({ run, objects: objects.map(entry) }));
}

// One object as JSON.
export function entry(one) {
  return {
    kind: one.kind,
    subtype: one.subtype,
    value: one.value,
    id: one.id ?? null,
    score: one.score ?? null,
    status: one.status ?? null,
    description: one.description ?? null,
    attributes: one.attributes.map(({ name, value }) => ({ name, value: plain(value) })),
    tags: [...one.tags],
    expires: one.expires === undefined ? null : number(one.expires),
  };
}

// A typed value as JSON.
export function plain({ tag, val }) {
  if (tag === 'json') {
    return JSON.parse(val);
  }
  return typeof val === 'bigint' ? number(val) : val;
}

// An integer that a number cannot represent exactly becomes a string.
function number(integer) {
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : String(integer);
}

// What an answer means for every object of its request: the verdict, a code and a sentence, both missing where it is
// accepted. `status` is the HTTP status, undefined if there was no answer; `failure` has the reason.
export function judge(status, failure) {
  if (status === undefined) {
    return { verdict: FAILED, code: 'no-answer', message: `the receiver gave no answer: ${failure}` };
  }
  if (status >= 200 && status <= 299) {
    return { verdict: ACCEPTED };
  }
  const message = `the receiver answered with status ${status}`;
  if (status === 401 || status === 403) {
    return { verdict: STOPPED, code: 'credential-refused', message };
  }
  if ([408, 425, 429].includes(status) || status < 400 || status > 499) {
    return { verdict: FAILED, code: 'receiver-error', message };
  }
  return { verdict: REJECTED, code: 'receiver-refused', message };
}
