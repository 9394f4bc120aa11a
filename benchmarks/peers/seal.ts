import { SealEvaluator } from '@pnn/he';
import nodeSeal from 'node-seal/package.json' with { type: 'json' };
import { prepareEncrypted } from '../encrypted.js';
import { serve } from '../serve.js';
import { CannotError } from '../subject.js';

// Microsoft SEAL in WebAssembly, which has neither threads nor SIMD.
await serve(async () => ({
  version: nodeSeal.version,
  prepare: () => {
    throw new CannotError('it computes on ciphertexts only');
  },
  prepareEncrypted: (work) => {
    return prepareEncrypted(work, (context, parameters, keys) => new SealEvaluator(context, parameters, keys));
  },
}));
