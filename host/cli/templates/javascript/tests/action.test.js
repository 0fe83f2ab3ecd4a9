// The packed bundle as an operator runs it: `palisade run` against a service on this machine.
//
// If `palisade` is not on the path, set the variable PALISADE to its path. Needs `openssl` for the service's certificate.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HOST = 'service.test';
const KEY = 'a-key-for-tests';
const ZIP = fileURLToPath(new URL('../build/{{name}}.zip', import.meta.url));
const execute = promisify(execFile);

// Runs `use` with a service on this machine that answers everything with one status.
async function withService(status, use) {
  const directory = await mkdtemp(join(tmpdir(), '{{name}}-'));
  const [key, certificate] = [join(directory, 'certificate.key'), join(directory, 'certificate.pem')];
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const constraints = ['-addext', 'basicConstraints=critical,CA:FALSE'];
  await execute('openssl', ['req', '-x509', ...kind, ...subject, ...constraints, '-keyout', key, '-out', certificate]);
  const received = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, async (request, response) => {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    const body = JSON.parse(Buffer.concat(parts).toString());
    received.push({ path: request.url, authorization: request.headers.authorization, body });
    response.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use({ run: (...words) => run(directory, server.address().port, certificate, ...words), received });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  }
}

// Runs the bundle on a collection and gives the verdicts in its order.
async function run(directory, port, certificate, collection, ...words) {
  assert.ok(existsSync(ZIP), `\`${ZIP}\` is missing: build and pack first`);
  const [list, report, configuration] = ['collection.txt', 'report.json', 'configuration.yaml'].map((name) =>
    join(directory, name),
  );
  await writeFile(list, collection);
  await writeFile(configuration, `service: https://${HOST}\napi_key: { env: TEST_KEY }\n`);
  const what = ['run', '--bundle', ZIP, '--action', 'send', '--allow-unsigned', '--deadline', '60'];
  const files = ['--config', configuration, '--collection', list, '--report', report, '--ca-cert', certificate];
  const where = ['--connect-to', `${HOST}:443:127.0.0.1:${port}`];
  const options = { env: { ...process.env, TEST_KEY: KEY }, timeout: 300_000 };
  // The exit status shows that objects were rejected, and the report shows which.
  const ended = await execute(process.env.PALISADE ?? 'palisade', [...what, ...files, ...where, ...words], options).catch(
    (error) => error,
  );
  assert.ok(existsSync(report), ended.stderr);
  return JSON.parse(await readFile(report, 'utf8')).objects.map((one) => one.verdict);
}

test('each object arrives and has one verdict', () =>
  withService(200, async ({ run, received }) => {
    const verdicts = await run('malware.example\n198.51.100.23\nsomebody@example.com\n');
    assert.deepEqual(verdicts, ['accepted', 'accepted', 'skipped']);
    const body = [
      { type: 'FQDN', value: 'malware.example' },
      { type: 'IP Address', value: '198.51.100.23' },
    ];
    assert.deepEqual(received, [{ path: '/objects', authorization: `Bearer ${KEY}`, body }]);
  }));

test('what the service refuses is not accepted', () =>
  withService(400, async ({ run }) => {
    assert.deepEqual(await run('malware.example\n'), ['rejected']);
  }));

test('a dry run sends nothing', () =>
  withService(200, async ({ run, received }) => {
    assert.deepEqual(await run('malware.example\n', '--dry-run'), ['planned']);
    assert.deepEqual(received, []);
  }));
