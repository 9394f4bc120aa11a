import { grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, Generator, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { gumbelSoftmax } from '../src/functions/index.js';

const float64 = { dtype: 'float64' } as const;
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());

describe('gumbelSoftmax', () => {
  test('chooses classes with their probabilities', () => {
    scope(() => {
      const logits = tensor([0, Math.log(3), Number.NEGATIVE_INFINITY])
        .unsqueeze(0)
        .repeat([20_000, 1]);
      const shares = numbers(gumbelSoftmax(logits, { hard: true, generator: new Generator(1) }).mean(0));
      expect(shares[0]).toBeCloseTo(0.25, 1);
      expect(shares[1]).toBeCloseTo(0.75, 1);
      expect(shares[2]).toBe(0);
    });
  });

  test('has the gradient of the probabilities where it chooses', () => {
    scope(() => {
      const gradientOf = (hard: boolean) => {
        const x = requireGrad(tensor([[0.5, -1, 2]], float64));
        const y = gumbelSoftmax(x, { hard, tau: 0.5, generator: new Generator(4) });
        if (hard) expect(numbers(y).toSorted()).toEqual([0, 0, 1]);
        return numbers(grad(y.mul(tensor([1, 2, 4], float64)).sum(), [x])[0]!);
      };
      expect(gradientOf(true)).toEqual(gradientOf(false));
    });
  });

  test('goes along any axis, and needs a temperature', () => {
    scope(() => {
      const y = gumbelSoftmax(zeros([3, 4]), { axis: 0, hard: true });
      expect(numbers(y.sum(0))).toEqual([1, 1, 1, 1]);
      expect(() => gumbelSoftmax(zeros([3]), { tau: 0 })).toThrow(ArgumentError);
    });
  });
});
