import { grad, requireGrad } from '@pnn/autograd';
import { scope, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../packages/tensor/test/oracle.js';
import { operatorGradientCases } from './cases/index.js';

describe.each(Object.entries(operatorGradientCases))('%s', (_, arbitrary) => {
  it('has gradients of the shape, the type and the device of its inputs, of both orders', () => {
    fc.assert(
      fc.property(arbitrary, fc.constantFrom('float32' as const, 'float64' as const), ({ inputs, f }, dtype) => {
        scope(() => {
          const leaves = inputs.map((input) => requireGrad(tensorOf(input, dtype)));
          const value = f(...leaves)
            .square()
            .sum();
          const first = value.requiresGrad ? grad(value, leaves, { createGraph: true }) : [];
          const sum = first.map((each) => each.square().sum()).reduce((a, b) => a.add(b), zeros([], { dtype }));
          const second = sum.requiresGrad ? grad(sum, leaves) : [];
          for (const found of [first, second]) {
            found.forEach((each, i) => {
              expect([each.shape, each.dtype]).toEqual([inputs[i]!.shape, dtype]);
              expect(each.device).toBe(leaves[i]!.device);
            });
          }
        });
      }),
      { numRuns: 30 },
    );
  });
});
