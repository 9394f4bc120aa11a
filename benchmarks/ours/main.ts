import { WasmEvaluator } from '@pnn/he';
import { enableWideEvaluator } from '@pnn/he/node';
import { reference, setDevice, wasm } from '@pnn/tensor';
import { enableRelaxedSimd, enableWideSimd, wideSimdObstacle } from '@pnn/tensor/node';
import { prepareEncrypted } from '../encrypted.js';
import { Probe } from '../probes/probe.js';
import { serve } from '../serve.js';
import { preparedInMemory } from './task.js';
import { taskOf } from './tasks.js';
import { version } from './version.js';

// This library as a participant, on the device that is named.
await serve(async () => {
  enableRelaxedSimd();
  const wide = wideSimdObstacle() === undefined && enableWideSimd();
  if (wide) enableWideEvaluator();
  setDevice(process.argv[2] === 'reference' ? reference : wasm());
  const probe = new Probe(wide);
  return {
    version: `${version} (${wide ? 256 : 128}-bit SIMD)`,
    prepare: (work) => preparedInMemory(taskOf(work)),
    prepareEncrypted: (work) => prepareEncrypted(work, (_, parameters, keys) => new WasmEvaluator(parameters, keys)),
    probe: (threads, bytes) => probe.rate(threads, bytes),
  };
});
