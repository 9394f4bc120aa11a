import { getDevice, reference, setDevice } from '@pnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { variants } from '../../packages/tensor/test/wasm/variants.js';
import { elementwiseCases } from './cases/elementwise.js';
import { fusedCases } from './cases/fused.js';
import { movementCases } from './cases/movement.js';
import { reductionCases } from './cases/reduction.js';
import { windowCases } from './cases/window.js';
import { boundsOf, differentiate, largestDifference } from './device-error.js';
import type { GradientCases } from './gradient-case.js';

const families: readonly GradientCases[] = [elementwiseCases, fusedCases, movementCases, reductionCases, windowCases];

const before = getDevice();
afterEach(() => setDevice(before));

describe.each(variants)('on wasm with %s', (_, device) => {
  describe.each(families.flatMap((cases) => Object.entries(cases)))('%s', (_name, arbitrary) => {
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
        { numRuns: 60 },
      );
    });
  });
});
