#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('pnn: the package is not built: dist/cli/main.js is missing: run `npm run build`');
  process.exitCode = 1;
}
