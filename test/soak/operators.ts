import { getDevice, reference, setDevice } from '@pnn/tensor';
import fc from 'fast-check';
import { variants } from '../../packages/tensor/test/wasm/variants.js';
import { gradientCases } from '../gradients/cases/index.js';
import { boundsOf, differentiate, largestDifference } from '../gradients/device-error.js';
import type { GradientCase } from '../gradients/gradient-case.js';
import { largeCases } from './large-cases.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

const cases: readonly (readonly [string, fc.Arbitrary<GradientCase>])[] = Object.entries({
  ...gradientCases,
  ...largeCases,
});

/**
 * Random operators over random shapes, on the SIMD kernels with either set of instructions: values and gradients are as
 * close to those of `reference` in double precision as roundings allow.
 */
export class RandomOperators implements Part {
  readonly name = 'operators';
  readonly unit = 'operators with their gradients';
  done = 0;
  #elements = 0;

  get figures(): Readonly<Record<string, number>> {
    return { 'numbers compared': this.#elements };
  }

  async run(from: CaseSeed): Promise<void> {
    const seed = seedOf(from);
    const [name, arbitrary] = cases[(seed >>> 0) % cases.length]!;
    const [instructions, device] = variants[((seed >>> 16) & 1) % variants.length]!;
    const given = fc.sample(arbitrary, { seed, numRuns: 1 })[0]!;
    const before = getDevice();
    try {
      const exact = differentiate(given, { device: reference, dtype: 'float64' });
      const bounds = boundsOf(given, exact);
      differentiate(given, { device, dtype: 'float32' }).forEach((values, i) => {
        const what = `${name} with ${instructions}, ${i === 0 ? 'value' : `gradient of input ${i - 1}`}`;
        if (values.length !== exact[i]!.length) {
          throw new SoakFailure(`${what}: ${values.length} elements instead of ${exact[i]!.length}`);
        }
        const distance = largestDifference(values, exact[i]!);
        if (!(distance <= bounds[i]!))
          throw new SoakFailure(`${what}: off by ${distance}, not by ${bounds[i]} at most`);
        this.#elements += values.length;
      });
    } finally {
      setDevice(before);
    }
    this.done++;
  }

  async close(): Promise<void> {}
}
