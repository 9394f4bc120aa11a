import { scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapes, tablesOf, tensorOf } from '../../tensor/test/oracle.js';
import { cosineSimilarity, normalize } from '../src/functions/index.js';

const numbers = fc.double({ min: -10, max: 10, noNaN: true });
const pairs = shapes({ minRank: 2, maxRank: 3, minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.tuple(tablesOf(shape, numbers), tablesOf(shape, numbers), fc.nat(shape.length - 1)),
);

/** The vectors of a tensor along an axis, one after the other. */
function vectors(x: Tensor, axis: number): number[][] {
  const last = x.transpose(axis, -1);
  const data = [...last.dataSync()];
  const length = x.shape[axis]!;
  return Array.from({ length: data.length / length }, (_, i) => data.slice(i * length, (i + 1) * length));
}

function expectNear(found: Tensor, expected: readonly number[]): void {
  for (const [i, value] of [...found.dataSync()].entries()) expect(value).toBeCloseTo(expected[i]!, 10);
}

describe('normalize', () => {
  it('divides vectors by their norms, of any power', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY), ([table, , axis], p) =>
        scope(() => {
          const x = tensorOf(table, 'float64');
          const found = normalize(x, { axis, p });
          expect(found.shape).toEqual(x.shape);
          const expected = vectors(x, axis).flatMap((vector) => {
            const sizes = vector.map(Math.abs);
            const largest = Math.max(...sizes);
            // By the largest entry first: powers of small numbers underflow.
            const sum = sizes.reduce((total, each) => total + (each / (largest || 1)) ** p, 0);
            const norm = p === Number.POSITIVE_INFINITY ? largest : largest * sum ** (1 / p);
            return vector.map((each) => each / Math.max(norm, 1e-12));
          });
          if (vectors(x, axis).every((vector) => vector.every((each) => each === 0 || Math.abs(each) > 1e-6))) {
            expectNear(found.transpose(axis, -1), expected);
          }
        }),
      ),
    );
  });

  it('leaves zeros', () => {
    expect([...normalize(zeros([2, 3])).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('cosineSimilarity', () => {
  it('is the cosine of the angle', () => {
    fc.assert(
      fc.property(pairs, ([first, second, axis]) =>
        scope(() => {
          const [a, b] = [tensorOf(first, 'float64'), tensorOf(second, 'float64')];
          const others = vectors(b, axis);
          const length = (vector: readonly number[]) => Math.max(Math.hypot(...vector), 1e-8);
          const expected = vectors(a, axis).map((vector, i) => {
            const product = vector.reduce((sum, each, j) => sum + each * others[i]![j]!, 0);
            return product / length(vector) / length(others[i]!);
          });
          const found = cosineSimilarity(a, b, { axis });
          expectNear(axis < a.rank - 1 ? found.unsqueeze(axis).transpose(axis, -1) : found, expected);
        }),
      ),
    );
  });

  it('of every row with every row, by broadcasting', () => {
    const a = tensor([
      [3, 4],
      [1, 0],
    ]);
    const found = cosineSimilarity(a.unsqueeze(1), a.unsqueeze(0), { axis: 2 });
    const expected = [1, 0.6, 0.6, 1].map(Math.fround);
    for (const [i, value] of [...found.dataSync()].entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  });
});
