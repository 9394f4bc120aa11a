import { grad, requireGrad } from '@pnn/autograd';
import { scope, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../packages/tensor/test/oracle.js';
import { elementwiseCases } from './cases/elementwise.js';
import { fusedCases } from './cases/fused.js';
import { movementCases } from './cases/movement.js';
import { reductionCases } from './cases/reduction.js';
import { windowCases } from './cases/window.js';

const cases = { ...elementwiseCases, ...fusedCases, ...movementCases, ...reductionCases, ...windowCases };

describe.each(Object.entries(cases))('%s', (_, arbitrary) => {
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
