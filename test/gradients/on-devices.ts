import { getDevice, reference, setDevice } from '@pnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { variants } from '../../packages/tensor/test/wasm/variants.js';
import { boundsOf, differentiate, largestDifference } from './device-error.js';
import type { GradientCases } from './gradient-case.js';

/** Defines tests for each case on every variant of `wasm`: results and gradients as on the reference in double precision. */
export function checkOnDevices(cases: GradientCases, numRuns: number): void {
  const before = getDevice();
  afterEach(() => setDevice(before));

  describe.each(variants)('on wasm with %s', (_, device) => {
    describe.each(Object.entries(cases))('%s', (_name, arbitrary) => {
      it('has the derivatives that the reference has in double precision', () => {
        fc.assert(
          fc.property(arbitrary, (given) => {
            const exact = differentiate(given, { device: reference, dtype: 'float64' });
            const bounds = boundsOf(given, exact);
            differentiate(given, { device, dtype: 'float32' }).forEach((values, i) => {
              expect(values.length).toBe(exact[i]!.length);
              expect(largestDifference(values, exact[i]!)).toBeLessThanOrEqual(bounds[i]!);
            });
          }),
          { numRuns },
        );
      });
    });
  });
}
