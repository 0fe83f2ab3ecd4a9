// A host for the Trend Vision One component, in Node.js: reads objects, sends granted requests with the credential, and prints
// one line for each object. Usage: node host.js COMPONENT OBJECTS

import { readFile } from 'node:fs/promises';

import { transpile } from '@bytecodealliance/jco';
import { http } from '@bytecodealliance/preview2-shim';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

// CONNECT_TO is where requests to API_HOST are sent, for tests.
const { API_HOST = 'api.xdr.trendmicro.com', API_KEY, CONNECT_TO = API_HOST, DRY_RUN } = process.env;
const PATH = '/v3.0/threatintel/suspiciousObjects';
const PAGE = 1000;
const LIMITS = { 'page-objects': PAGE, 'concurrent-requests': 4, 'request-body-bytes': 1e6, 'response-body-bytes': 1e6 };
const [component, collection] = process.argv.slice(2);
const objects = JSON.parse(await readFile(collection, 'utf8'));
const outcomes = new Map();
const deadline = Date.now() + 60_000;
let handedOut = 0;

// What the operator grants. A dry run may only read.
const granted = (request) =>
  request.scheme()?.tag === 'HTTPS' &&
  request.authority() === API_HOST &&
  request.method().tag === (DRY_RUN ? 'get' : 'post') &&
  request.pathWithQuery().split('?')[0] === PATH;

// Carries the credential. `headers`, which the component can call, returns what the component has set.
class OutgoingRequest extends http.types.OutgoingRequest {
  #visible;
  constructor(headers) {
    const all = http.types.Fields.fromList(headers.entries());
    all.set('authorization', [new TextEncoder().encode(`Bearer ${API_KEY}`)]);
    super(all);
    this.#visible = headers;
  }
  headers() {
    return this.#visible;
  }
}

function handle(request, options) {
  if (!granted(request)) {
    // An error that is not part of the contract traps, which ends the run.
    throw new Error(`not granted: ${request.method().tag} ${request.authority()}${request.pathWithQuery()}`);
  }
  request.setAuthority(CONNECT_TO);
  return http.outgoingHandler.handle(request, options);
}

function next(limit) {
  const page = objects.slice(handedOut, handedOut + Math.min(limit, PAGE)).map((object, index) => {
    const key = BigInt(handedOut + index);
    return { key, object: { attributes: [], tags: [], ...object }, idempotencyKey: `example-${key}`, uncertain: false };
  });
  handedOut += page.length;
  return page;
}

function record(list) {
  for (const { key, verdict } of list) {
    if (key >= handedOut || outcomes.has(key)) throw new Error(`object ${key} is unknown or already has an outcome`);
    outcomes.set(key, verdict);
  }
}

const circumstances = {
  runId: () => 'example',
  dryRun: () => Boolean(DRY_RUN),
  compare: () => false,
  mostEvictions() {}, mark() {}, cursor() {},
  hostRetriesTransport: () => false,
  millisecondsLeft: () => BigInt(Math.max(0, deadline - Date.now())),
  limit: (name) => (name in LIMITS ? BigInt(LIMITS[name]) : undefined),
};
const imports = {
  ...new WASIShim({ sandbox: { preopens: {}, env: {}, args: [], enableNetwork: false } }).getImportObject(),
  'wasi:http/types': { ...http.types, OutgoingRequest },
  'wasi:http/outgoing-handler': { handle },
  'palisade:action/circumstances': circumstances,
  'palisade:action/collection': { next },
  'palisade:action/results': { record, ingest() {}, evicting() {}, holds() {} },
  'palisade:action/log': { emit: (level, message) => console.error(`${level}: ${message}`) },
};
const { files } = await transpile(await readFile(component), { name: 'component', instantiation: 'async' });
const { instantiate } = await import(`data:text/javascript;base64,${Buffer.from(files['component.js']).toString('base64')}`);
const { action } = await instantiate((name) => WebAssembly.compile(files[name]), imports);

const settings = { api_region: API_HOST, url_scheme: 'http', scan_action: 'block', risk_level: 'high', ioc_expiration: '30' };
let problem = { code: 'no-verdict', message: 'the run ended without a verdict' };
try {
  action.run('add-to-blocklist', Object.entries(settings).map(([name, val]) => ({ name, value: { tag: 'text', val } })));
} catch (error) {
  problem = error.payload?.val?.problem ?? { code: 'run-failed', message: JSON.stringify(error.payload) ?? error.message };
}
for (const [key, { value }] of objects.entries()) {
  const { tag, val } = outcomes.get(BigInt(key)) ?? { tag: 'failed', val: problem };
  console.log([tag, value, ...(val ? [val.code, val.message] : [])].join('\t'));
}
