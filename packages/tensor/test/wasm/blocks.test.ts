import { scope } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { kernelSamples, sampleOperands } from '../../src/node/kernel-samples.js';
import { reversed, variants } from './variants.js';

/** So large that kernels are cut into several blocks. */
const SHAPE = [19, 7, 23, 31] as const;

describe.each(variants)('%s', (name, device) => {
  test.each(Object.keys(kernelSamples))('%s give the same bits whatever the order of the blocks', (family) => {
    scope(() => {
      const bits = [device, deviceWith(reversed(instantiate(compile(name))))].map((on) =>
        kernelSamples[family]!(sampleOperands(on, SHAPE, 4)).map((result) => new Uint8Array(result.dataSync().buffer)),
      );
      for (const [i, bytes] of bits[0]!.entries()) expect(Buffer.compare(bytes, bits[1]![i]!)).toBe(0);
    });
  });
});
