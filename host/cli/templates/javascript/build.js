// Makes build/component.wasm from source/ and wit/.

import { mkdir, writeFile } from 'node:fs/promises';

import { componentize } from '@bytecodealliance/componentize-js';

const { component } = await componentize({
  sourcePath: 'source/action.js',
  witPath: 'wit',
  worldName: 'bundle',
  // It answers no requests; the other features are clocks, random numbers, `console` and `fetch`.
  disableFeatures: ['fetch-event'],
});
await mkdir('build', { recursive: true });
await writeFile('build/component.wasm', component);
