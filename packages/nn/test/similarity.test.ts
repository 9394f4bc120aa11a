import { checkGradients, grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, Generator, normal, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosineSimilarity, gumbelSoftmax, normalize } from '../src/functions/index.js';

const float64 = { dtype: 'float64' } as const;
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());
const vectors = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })).chain(([rows, length]) =>
  fc.array(fc.array(fc.constantFrom(0, 1, -2, 0.5, 1e100, -3e-6), { minLength: length, maxLength: length }), {
    minLength: rows,
    maxLength: rows,
  }),
);
const lengthOf = (row: readonly number[]) => Math.hypot(...row);

describe('normalize', () => {
  test('gives vectors of length 1, and 0 for 0', () => {
    fc.assert(
      fc.property(vectors, (rows) =>
        scope(() => {
          const found = numbers(normalize(tensor(rows, float64)));
          const expected = rows.flatMap((row) => row.map((x) => x / Math.max(lengthOf(row), 1e-12)));
          for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 12);
        }),
      ),
    );
  });

  test('takes other norms and axes', () => {
    scope(() => {
      const x = tensor([
        [3, -1],
        [1, 4],
      ]);
      expect(numbers(normalize(x, { p: 1 }))).toEqual([0.75, -0.25, 0.20000000298023224, 0.800000011920929]);
      expect(numbers(normalize(x, { p: Number.POSITIVE_INFINITY, axis: 0 }))).toEqual(
        [1, -0.25, 1 / 3, 1].map(Math.fround),
      );
    });
  });
});

describe('cosineSimilarity', () => {
  test('is the cosine of the angle, and 0 beside 0', () => {
    fc.assert(
      fc.property(vectors, fc.nat(), (rows, shift) =>
        scope(() => {
          const others = rows.map((row) => row.map((_, i) => row[(i + shift) % row.length]!));
          const found = numbers(cosineSimilarity(tensor(rows, float64), tensor(others, float64)));
          for (const [i, a] of rows.entries()) {
            const b = others[i]!;
            const unit = (row: readonly number[]) => row.map((x) => x / Math.max(lengthOf(row), 1e-8));
            const expected = unit(a).reduce((sum, x, j) => sum + x * unit(b)[j]!, 0);
            expect(found[i]).toBeCloseTo(expected, 12);
          }
        }),
      ),
    );
  });

  test('broadcasts, along any axis, with right gradients', () => {
    scope(() => {
      const [a, b] = [normal([2, 3], 0, 1, float64), normal([4, 3, 2], 0, 1, float64)];
      expect(cosineSimilarity(a.unsqueeze(-1), b.slice([[0, 1]]), { axis: 1 }).shape).toEqual([2, 2]);
      expect(cosineSimilarity(b, b, { axis: -1 }).shape).toEqual([4, 3]);
      checkGradients((x, y) => cosineSimilarity(x, y), [a, normal([1, 3], 0, 1, float64)], { order: 2 });
    });
  });
});

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
