import { readFileSync } from 'node:fs';
import { reference, setDevice, wasm } from '@pnn/tensor';
import { enableRelaxedSimd } from '@pnn/tensor/node';
import { Probe } from '../probes/probe.js';
import { serve } from '../serve.js';
import { prepare } from './prepare.js';

const manifest = new URL('../../packages/tensor/package.json', import.meta.url);

// This library as a participant, on the device that is named.
await serve(async () => {
  enableRelaxedSimd();
  setDevice(process.argv[2] === 'reference' ? reference : wasm());
  const probe = new Probe();
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { version, prepare, probe: (threads, bytes) => probe.rate(threads, bytes) };
});
