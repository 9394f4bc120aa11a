import { ArgumentError, DTypeError, ones, ShapeError, scope, softmaxCrossEntropy, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  at,
  difference,
  indicesOf,
  largestDifference,
  tableFrom,
  tableOf,
  tables,
  tablesOf,
  tensorOf,
} from './oracle.js';

const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('softmax and logSoftmax', () => {
  it('are e^x / Σ e^x and its logarithm, along any axis', () => {
    fc.assert(
      fc.property(tables({ minRank: 1, maxRank: 3 }), fc.nat(2), fc.boolean(), (table, choice, negative) =>
        scope(() => {
          const axis = choice % table.shape.length;
          if (table.shape[axis] === 0) return;
          const expected = tableOf(table.shape, (index) => {
            const along = indicesOf([table.shape[axis]!]).map(([i]) =>
              at(
                table,
                index.map((own, each) => (each === axis ? i! : own)),
              ),
            );
            return Math.exp(at(table, index)) / along.reduce((sum, x) => sum + Math.exp(x), 0);
          });
          const named = negative ? axis - table.shape.length : axis;
          const x = tensorOf(table);
          expect(largestDifference(tableFrom(x.softmax(named)), expected)).toBeLessThan(1e-14);
          expect(
            largestDifference(tableFrom(x.logSoftmax(named)), { ...expected, data: expected.data.map(Math.log) }),
          ).toBeLessThan(1e-12);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('add up to 1 and do not change when a number is added, however large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: -(2 ** 20), max: 2 ** 20 }),
        (row, shift) =>
          scope(() => {
            const x = tensor(row, float64);
            const shares = [...x.softmax().dataSync()];
            expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
            x.add(shift)
              .softmax()
              .dataSync()
              .forEach((share, i) => {
                expect(Math.abs(share - shares[i]!)).toBeLessThan(1e-8);
              });
          }),
      ),
    );
  });

  it('bear a class that is impossible, and say NaN where nothing is possible', () => {
    scope(() => {
      const x = tensor(
        [
          [0, -inf],
          [-inf, -inf],
          [inf, 0],
          [nan, 0],
          [-3e38, 3e38],
        ],
        float64,
      );
      expect([...x.softmax().dataSync()]).toEqual([1, 0, nan, nan, nan, nan, nan, nan, 0, 1]);
      expect([...x.logSoftmax().slice([0]).dataSync()]).toEqual([0, -inf]);
    });
  });

  it('refuse an axis without elements', () => {
    scope(() => {
      expect(() => zeros([2, 0]).softmax()).toThrow(ShapeError);
      expect(() => zeros([2, 0]).softmax()).toThrow('softmax: [2,0] has no elements along the last axis');
      expect(() => tensor(1).logSoftmax()).toThrow(ShapeError);
      expect(() => ones([2], int32).softmax()).toThrow(DTypeError);
      expect(zeros([0, 2]).softmax().shape).toEqual([0, 2]);
    });
  });
});

describe('softmaxCrossEntropy', () => {
  const cases = fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 5 })).chain(([rows, classes]) =>
    fc.record({
      logits: tablesOf([rows, classes]),
      labels: tablesOf([rows], fc.nat(classes - 1)),
      smoothing: fc.constantFrom(0, 0.1, 0.5, 1),
    }),
  );

  it('is −Σ q ln p with the smoothed label', () => {
    fc.assert(
      fc.property(cases, ({ logits, labels, smoothing }) =>
        scope(() => {
          const classes = logits.shape[1]!;
          const expected = tableOf(labels.shape, ([row]) => {
            const xs = Array.from({ length: classes }, (_, c) => at(logits, [row!, c]));
            const total = Math.log(xs.reduce((sum, x) => sum + Math.exp(x), 0));
            return xs.reduce((sum, x, c) => {
              const wanted = smoothing / classes + (c === at(labels, [row!]) ? 1 - smoothing : 0);
              return sum - wanted * (x - total);
            }, 0);
          });
          const found = softmaxCrossEntropy(tensorOf(logits), tensorOf(labels, 'int32'), smoothing);
          expect(largestDifference(tableFrom(found), expected)).toBeLessThan(1e-12);
        }),
      ),
    );
  });

  it('neither overflows nor makes NaN of classes that are impossible', () => {
    scope(() => {
      const logits = tensor([
        [1e30, 0],
        [0, 1e30],
        [-inf, 0],
      ]);
      const losses = softmaxCrossEntropy(logits, tensor([0, 0, 1], int32));
      expect([...losses.dataSync()].map((loss) => difference(loss, Math.fround(loss)))).toEqual([0, 0, 0]);
      expect([...losses.dataSync()]).toEqual([0, Math.fround(1e30), 0]);
    });
  });

  it.each([
    ['float32', 2 ** 20, 1e-6],
    ['float32', 1e38, 1e-6],
    ['float64', 2 ** 49, 1e-15],
    ['float64', 1e300, 1e-15],
  ] as const)(
    'of %s looks at differences of logits: %d more on all of them loses nothing',
    (dtype, more, tolerance) => {
      fc.assert(
        fc.property(
          fc.array(fc.nat(6), { minLength: 1, maxLength: 5 }),
          fc.constantFrom(0, 0.1, 1),
          (steps, smoothing) =>
            scope(() => {
              const steep = more > 2 ** 50 ? steps.map(() => 0) : steps;
              const lossOf = (offset: number) =>
                softmaxCrossEntropy(
                  tensor([steep.map((step) => step + offset)], { dtype }),
                  tensor([0], int32),
                  smoothing,
                ).itemSync();
              expect(difference(lossOf(more), lossOf(0))).toBeLessThan(tolerance);
            }),
        ),
      );
    },
  );

  it('smoothed over a class that is impossible costs infinitely much', () => {
    scope(() => {
      const logits = tensor([[-inf, 0]]).broadcastTo([2, 2]);
      for (const smoothing of [0.1, 1]) {
        expect([...softmaxCrossEntropy(logits, tensor([0, 1], int32), smoothing).dataSync()]).toEqual([inf, inf]);
      }
    });
  });

  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'a label too large',
      () => softmaxCrossEntropy(ones([2, 3]), tensor([0, 3], int32)),
      ArgumentError,
      'crossEntropy: label 3 of sample 1 is not one of the 3 classes',
    ],
    [
      'a negative label',
      () => softmaxCrossEntropy(ones([1, 3]), tensor([-1], int32)),
      ArgumentError,
      'label -1 of sample 0',
    ],
    [
      'labels that are no integers',
      () => softmaxCrossEntropy(ones([1, 3]), tensor([1])),
      DTypeError,
      'crossEntropy: float32 is not supported: cast() to int32 first',
    ],
    [
      'another number of labels',
      () => softmaxCrossEntropy(ones([2, 3]), tensor([1], int32)),
      ShapeError,
      'crossEntropy: logits [2,3], labels [1]: they must be [N,C] and [N]',
    ],
    [
      'no classes',
      () => softmaxCrossEntropy(zeros([2, 0]), tensor([0, 0], int32)),
      ShapeError,
      'logits [2,0], labels [2]',
    ],
    [
      'planes',
      () => softmaxCrossEntropy(ones([1, 2, 3]), tensor([0], int32)),
      ShapeError,
      'they must be [N,C] and [N]',
    ],
    [
      'too much smoothing',
      () => softmaxCrossEntropy(ones([1, 3]), tensor([1], int32), 1.1),
      ArgumentError,
      'crossEntropy: label smoothing must be from 0 to 1, not 1.1',
    ],
    ['no smoothing at all', () => softmaxCrossEntropy(ones([1, 3]), tensor([1], int32), nan), ArgumentError, 'not NaN'],
  ])('refuses %s', (_, loss, type, message) => {
    scope(() => {
      expect(loss).toThrow(type);
      expect(loss).toThrow(message);
    });
  });
});
