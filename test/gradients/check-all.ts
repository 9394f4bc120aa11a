import { checkGradients } from '@pnn/autograd';
import { scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { tensorOf } from '../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from './gradient-case.js';

/**
 * A case with its function followed by 0.3y² + 0.7y, so that the gradient that reaches the operator depends on the
 * inputs itself and second derivatives go through it.
 */
function bent({ inputs, f }: GradientCase): GradientCase {
  return {
    inputs,
    f: (...tensors) => {
      const y = f(...tensors);
      return y.square().mul(0.3).add(y.mul(0.7));
    },
  };
}

/** Defines a test for each operator: first and second derivatives against finite differences at 100 points or more. */
export function checkAll(cases: GradientCases, numRuns = 100): void {
  describe.each(Object.entries(cases))('%s', (_, arbitrary) => {
    it('has the derivatives that finite differences have', () => {
      fc.assert(
        fc.property(arbitrary, fc.nat(), (given, seed) => {
          scope(() => {
            const { inputs, f } = bent(given);
            checkGradients(
              f,
              inputs.map((input) => tensorOf(input)),
              { order: 2, directions: 2, seed },
            );
          });
        }),
        { numRuns },
      );
    });
  });
}
