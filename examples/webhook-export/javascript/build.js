// Makes the component from `source/` and the contract: node build.js [WIT-DIRECTORY [COMPONENT]]

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { componentize } from '@bytecodealliance/componentize-js';

const [wit = fileURLToPath(new URL('../../../wit', import.meta.url)), out = 'build/component.wasm'] =
  process.argv.slice(2);

const { component } = await componentize({
  sourcePath: fileURLToPath(new URL('source/webhook-export.js', import.meta.url)),
  witPath: wit,
  worldName: 'bundle',
  // It answers no requests; the other features are clocks, random numbers, `console` and `fetch`.
  disableFeatures: ['fetch-event'],
});
await mkdir(dirname(out), { recursive: true });
await writeFile(out, component);
