import { grad, requireGrad } from '@pnn/autograd';
import { normal, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference, tableFrom, tensorOf } from '../../packages/tensor/test/oracle.js';
import { fusedCases } from './cases/fused.js';
import { checkAll } from './check-all.js';

checkAll(fusedCases);

describe.each(Object.entries(fusedCases))('%s', (_, arbitrary) => {
  it('has the same gradients by its fused rule as by its composition', () => {
    fc.assert(
      fc.property(arbitrary, ({ inputs, f }) => {
        scope(() => {
          const leaves = inputs.map((input) => requireGrad(tensorOf(input)));
          const output = f(...leaves);
          const gradient = normal(output.shape, 0, 1, { dtype: 'float64' });
          // Only gradients that are not to be differentiated again go through the fused rule.
          const fused = grad(output, leaves, { gradient, retainGraph: true });
          const composed = grad(output, leaves, { gradient, createGraph: true });
          fused.forEach((each, i) => {
            expect(largestDifference(tableFrom(each), tableFrom(composed[i]!))).toBeLessThan(1e-11);
          });
        });
      }),
      { numRuns: 200 },
    );
  });
});
