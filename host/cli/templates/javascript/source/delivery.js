// What is sent and what an answer means. Pure, so that it is tested without WebAssembly.
//
// An answer that is not understood never counts as accepted.

export const ACCEPTED = 'accepted';
export const REJECTED = 'rejected';
export const FAILED = 'failed';
export const STOPPED = 'stopped';

// The types of objects that the service accepts; the manifest's `accepts` lists the same types.
const ACCEPTED_TYPES = ['FQDN', 'IP Address', 'URL'];

// Whether the service accepts objects of this type.
export function accepts(subtype) {
  return ACCEPTED_TYPES.includes(subtype);
}

// The JSON of one request: type and value of each object.
export function body(objects) {
  return new TextEncoder().encode(JSON.stringify(objects.map(({ subtype, value }) => ({ type: subtype, value }))));
}

// What an answer means for every object of its request: the verdict, a stable code and a sentence, the latter two missing
// where it is accepted. `status` is the HTTP status, undefined if there was no answer; `failure` has the reason.
export function judge(status, failure) {
  if (status === undefined) {
    return { verdict: FAILED, code: 'no-answer', message: `the service gave no answer: ${failure}` };
  }
  if (status >= 200 && status <= 299) {
    return { verdict: ACCEPTED };
  }
  const message = `the service answered with status ${status}`;
  if (status === 401 || status === 403) {
    return { verdict: STOPPED, code: 'credential-refused', message };
  }
  if ([408, 425, 429].includes(status) || status < 400 || status > 499) {
    return { verdict: FAILED, code: 'service-error', message };
  }
  return { verdict: REJECTED, code: 'service-refused', message };
}
