import { checkGradients, grad, requireGrad } from '@pnn/autograd';
import {
  averagePool1d,
  batchNorm,
  concat,
  conv1d,
  maxPool1d,
  maxPool2d,
  type NestedArray,
  ones,
  polynomial,
  ShapeError,
  scope,
  softmaxCrossEntropy,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { penaltyOf } from '../../packages/autograd/src/rules/polynomial.js';
import { shapes, tablesOf, tensorOf } from '../../packages/tensor/test/oracle.js';
import { anywhere, distinct, quarters } from './points.js';

const float64 = { dtype: 'float64' } as const;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** A float64 leaf. */
function leaf(data: NestedArray): Tensor {
  return requireGrad(tensor(data, float64));
}

/** The gradients of the sum of f, flat; −0 counts as 0. */
function gradients(f: (...inputs: Tensor[]) => Tensor, ...inputs: NestedArray[]): number[][] {
  return scope(() => {
    const leaves = inputs.map(leaf);
    return grad(f(...leaves).sum(), leaves).map((each) => Array.from(each.dataSync(), (value) => value + 0));
  });
}

/** The matrix of second derivatives of the sum of f. */
function hessian(f: (x: Tensor) => Tensor, input: readonly number[]): number[][] {
  return scope(() => {
    const x = leaf([...input]);
    const [first] = grad(f(x).sum(), [x], { createGraph: true }) as [Tensor];
    if (!first.requiresGrad) return input.map(() => input.map(() => 0));
    return input.map((_, i) => [...grad(first.slice([i]), [x], { retainGraph: true })[0]!.dataSync()]);
  });
}

function productWithout(data: readonly number[], ...left: number[]): number {
  return data.reduce((product, x, i) => (left.includes(i) ? product : product * x), 1);
}

describe('zeros in products', () => {
  it.each([
    ['no', [2, -3, 0.5, 4]],
    ['one', [2, 0, 0.5, 4]],
    ['two', [2, 0, 0, 4]],
    ['nothing but', [0, 0, 0]],
    ['a single', [0]],
  ])('%s: the derivative is the product of the others, the second that of all but two', (_, data) => {
    expect(gradients((x) => x.prod(), data)).toEqual([data.map((__, i) => productWithout(data, i))]);
    expect(hessian((x) => x.prod(), data)).toEqual(
      data.map((__, i) => data.map((___, j) => (i === j ? 0 : productWithout(data, i, j)))),
    );
  });

  it('along any axes, zeros or not', () => {
    const cases = shapes({ minRank: 1, maxRank: 3, maxLength: 3 })
      .filter((shape) => shape.reduce((size, n) => size * n, 1) <= 8)
      .chain((shape) =>
        fc.tuple(tablesOf(shape, fc.oneof(fc.constant(0), quarters(-2, 2))), fc.subarray(shape.map((_, axis) => axis))),
      );
    fc.assert(
      fc.property(cases, ([x, axes]) => {
        scope(() => checkGradients((a) => a.prod(axes), [tensorOf(x)], { order: 2, directions: 1 }));
      }),
    );
  });

  it('factors that are 0 in a multiplication of two', () => {
    expect(gradients((a, b) => a.mul(b), [0, 0, 3], [0, 2, 0])).toEqual([
      [0, 2, 0],
      [0, 0, 3],
    ]);
  });
});

describe('powers', () => {
  it.each([
    // a, b, ∂/∂a, ∂/∂b
    [0, 0, 0, 0],
    [0, 1, 1, 0],
    [0, 2, 0, 0],
    [0, 3.5, 0, 0],
    [0, 0.5, inf, 0],
    [0, -1, -inf, -inf],
    [2, 0, 0, Math.log(2)],
    [1, 5, 5, 0],
    [-2, 2, -4, nan],
    [-3, 3, 27, nan],
    [4, 0.5, 0.25, 2 * Math.log(4)],
  ])('%d^%d has the derivatives %d and %d', (a, b, byBase, byExponent) => {
    expect(gradients((x, y) => x.pow(y), [a], [b])).toEqual([[byBase], [byExponent]]);
    expect(gradients((x) => x.pow(b), [a])).toEqual([[byBase]]);
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 2],
    [3, 0],
    [4, 0],
  ])('x^%d has the second derivative %d at 0', (exponent, expected) => {
    expect(hessian((x) => x.pow(exponent), [0])).toEqual([[expected]]);
  });

  it('has the mixed second derivative 1/a where the exponent is 0', () => {
    scope(() => {
      checkGradients((a, b) => a.pow(b), [tensor([2, 0.5], float64), tensor([0, 0], float64)], { order: 2 });
    });
  });

  it('has no gradient where it has no value, and all others next to it', () => {
    expect(gradients((a) => a.pow(0.5), [4, -1, 1])).toEqual([[0.25, nan, 0.5]]);
  });
});

describe('ties', () => {
  it('share the gradient of max and min evenly', () => {
    expect(gradients((x) => x.max(), [1, 3, 3, 3])).toEqual([[0, 1 / 3, 1 / 3, 1 / 3]]);
    expect(
      gradients(
        (x) => x.min(0),
        [
          [1, 2],
          [1, 3],
        ],
      ),
    ).toEqual([[0.5, 1, 0.5, 0]]);
    expect(
      gradients(
        (x) => x.max([0, 2]),
        [
          [
            [1, 5],
            [2, 0],
          ],
          [
            [5, 5],
            [2, 2],
          ],
        ],
      ),
    ).toEqual([[0, 1 / 3, 1 / 3, 0, 1 / 3, 1 / 3, 1 / 3, 1 / 3]]);
    expect(gradients((x) => x.max(), [0, -0])).toEqual([[0.5, 0.5]]);
  });

  it('give half of the gradient to each side of maximum and minimum', () => {
    expect(gradients((a, b) => a.maximum(b), [1, 2, 3], [2, 2, 2])).toEqual([
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(gradients((a, b) => a.minimum(b), [1, 2, 3], [2, 2, 2])).toEqual([
      [1, 0.5, 0],
      [0, 0.5, 1],
    ]);
    expect(gradients((x) => x.maximum(x), [4, -4])).toEqual([[1, 1]]);
    expect(gradients((x) => x.maximum(0), [0])).toEqual([[0.5]]);
  });

  it('give the gradient of a pooled maximum to the first', () => {
    expect(
      gradients(
        (x) => maxPool2d(x, 2),
        [
          [
            [
              [7, 7],
              [7, 7],
            ],
          ],
        ],
      ),
    ).toEqual([[1, 0, 0, 0]]);
    expect(
      gradients(
        (x) => maxPool2d(x, 2, { stride: 1 }),
        [
          [
            [
              [1, 7, 1],
              [1, 7, 1],
            ],
          ],
        ],
      ),
    ).toEqual([[0, 2, 0, 0, 0, 0]]);
  });

  it('pick by position in topk', () => {
    expect(gradients((x) => x.topk(2).values, [5, 5, 5, 1])).toEqual([[1, 1, 0, 0]]);
  });
});

describe('the documented derivatives at kinks', () => {
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['abs', (x) => x.abs(), [0, -0], [0, 0]],
    ['sign', (x) => x.sign(), [0], [0]],
    ['relu', (x) => x.relu(), [0, -0], [0, 0]],
    ['clamp, inclusive', (x) => x.clamp(-1, 1), [-1, 1, -1.5, 1.5, 0], [1, 1, 0, 0, 1]],
    ['floor', (x) => x.floor(), [0, 1], [0, 0]],
    ['ceil', (x) => x.ceil(), [0, 1], [0, 0]],
    ['round', (x) => x.round(), [0.5, 1.5], [0, 0]],
    ['sqrt at 0', (x) => x.sqrt(), [0], [inf]],
    ['log at 0', (x) => x.log(), [0], [inf]],
    ['reluGradient at 0', (x) => x.reluGradient(x), [0, 2], [0, 1]],
  ])('%s', (_, f, data, expected) => {
    expect(gradients(f, data)).toEqual([expected]);
  });

  it('a polynomial is differentiated at its bound from inside, and has one slope there', () => {
    for (const outside of ['polynomial', 'tangent'] as const) {
      const p = (x: Tensor) =>
        polynomial(x, tensor([0, 0, 1], float64), { basis: 'monomial', bound: 2, outside }).output;
      expect(gradients(p, [2, -2])).toEqual([[1, -1]]);
    }
  });

  it('penalties start with slope 0 at their limit, and keep their slope from the cap on', () => {
    for (const form of ['exponential', 'quadratic'] as const) {
      const penalty = { form, limit: 1, cap: 2 };
      const slope = form === 'exponential' ? Math.exp(2) : 4;
      for (const total of [
        (x: Tensor) => penaltyOf(x, penalty),
        (x: Tensor) => polynomial(x, ones([1], float64), { bound: 5, penalty }).penalty,
      ]) {
        const [found] = gradients((x) => total(x).mul(6), [1, -1, 0, 3, 10, -10]);
        [0, 0, 0, slope, slope, -slope].forEach((expected, i) => {
          expect(found![i]).toBeCloseTo(expected, 12);
        });
      }
    }
  });
});

describe('broadcasting', () => {
  it('over length 1 sums up', () => {
    expect(gradients((a, b) => a.mul(b), [[1, 2, 3]], [[10], [20]])).toEqual([
      [30, 30, 30],
      [6, 6],
    ]);
    expect(gradients((a, b) => a.add(b), [[[1]]], [1, 2])).toEqual([[2], [1, 1]]);
    expect(gradients((a, b) => a.sub(b), [1], [1])).toEqual([[1], [-1]]);
    expect(gradients((a, b) => a.div(b), 6, [1, 2])).toEqual([[1.5], [-6, -1.5]]);
  });

  it('over length 0 gives zeros of the right shape', () => {
    scope(() => {
      const binary = [
        (a: Tensor, b: Tensor) => a.add(b),
        (a: Tensor, b: Tensor) => a.mul(b),
        (a: Tensor, b: Tensor) => a.div(b),
        (a: Tensor, b: Tensor) => a.pow(b),
        (a: Tensor, b: Tensor) => a.maximum(b),
        (a: Tensor, b: Tensor) => where(a.greater(b), a, b),
      ];
      for (const f of binary) {
        const a = requireGrad(zeros([0, 2], float64));
        const b = requireGrad(ones([1, 2], float64));
        const [toA, toB] = grad(f(a, b).sum(), [a, b]) as [Tensor, Tensor];
        expect(toA.shape).toEqual([0, 2]);
        expect([toB.shape, ...toB.dataSync()]).toEqual([[1, 2], 0, 0]);
      }
    });
  });

  it.each<[string, number[], (x: Tensor) => Tensor]>([
    ['a sum of nothing', [0], (x) => x.sum()],
    ['a product of nothing', [0], (x) => x.prod()],
    ['a sum over an empty axis', [2, 0], (x) => x.sum(1)],
    ['a matrix product over nothing', [2, 0], (x) => x.matmul(zeros([0, 3], float64))],
    ['an empty slice', [3], (x) => x.slice([[1, 1]])],
    ['an empty choice', [3], (x) => x.take(0, tensor([], { dtype: 'int32' }))],
    ['an empty part of a whole', [0, 2], (x) => concat([x, ones([1, 2], float64)])],
    ['a softmax of no rows', [0, 3], (x) => x.softmax()],
  ])('%s has a gradient of zeros', (_, shape, f) => {
    scope(() => {
      const x = requireGrad(ones(shape, float64));
      const [found] = grad(f(x).sum(), [x]) as [Tensor];
      expect(found.shape).toEqual(shape);
      expect([...found.dataSync()].every((value) => value === 0)).toBe(true);
    });
  });
});

describe('one input used twice', () => {
  const square = [
    [1, 2],
    [3, -1],
  ];

  it.each<[string, (x: Tensor) => Tensor]>([
    ['x·x', (x) => x.mul(x)],
    ['x − x', (x) => x.sub(x)],
    ['x / x', (x) => x.div(x)],
    ['x + x', (x) => x.add(x)],
    ['x·x as matrices', (x) => x.matmul(x)],
    ['xᵀ·x', (x) => x.matmul(x, { transposeA: true })],
    ['x·sin x', (x) => x.mul(x.sin())],
    ['x beside x', (x) => concat([x, x], 1)],
    ['x on x', (x) => stack([x, x.mul(2)])],
    ['x where x is above 0, else x²', (x) => where(x.greater(0), x, x.mul(x))],
    ['a row with itself', (x) => x.add(x.slice([[0, 1]]))],
    ['rows picked twice', (x) => x.take(0, tensor([0, 0, 1], { dtype: 'int32' })).square()],
    ['the result of the result', (x) => x.mul(x).mul(x.mul(x))],
  ])('%s', (_, f) => {
    scope(() => checkGradients(f, [tensor(square, float64)], { order: 2 }));
  });

  it('has the derivatives known by heart', () => {
    expect(gradients((x) => x.mul(x), [3, -2])).toEqual([[6, -4]]);
    expect(gradients((x) => x.sub(x), [3, -2])).toEqual([[0, 0]]);
    expect(
      gradients(
        (x) => x.matmul(x),
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ).toEqual([[7, 11, 9, 13]]);
    expect(hessian((x) => x.mul(x), [3, -2])).toEqual([
      [2, 0],
      [0, 2],
    ]);
    scope(() => checkGradients((x) => x.pow(x), [tensor([0.5, 2], float64)], { order: 2 }));
  });
});

describe('norms, deviations and angles where they are 0', () => {
  it.each([1, 2, 3, 0.5, -1, Number.POSITIVE_INFINITY])(
    'the norm of zeros for p = %d has the gradient 0, as in PyTorch',
    (p) => {
      expect(gradients((x) => x.norm(p), [0, 0])).toEqual([[0, 0]]);
      expect(hessian((x) => x.norm(p), [0, 0])).toEqual([
        [0, 0],
        [0, 0],
      ]);
    },
  );

  it.each([2, 3, 0.5])('beside one that is not 0, the gradient of 0 for p = %d is 0', (p) => {
    const [[zero, other]] = gradients((x) => x.norm(p), [0, 2]) as [[number, number]];
    expect(zero).toBe(0);
    expect(other).toBeCloseTo(1, 14);
  });

  it('a deviation of 0 has the gradient 0', () => {
    expect(gradients((x) => x.std(), [3, 3, 3])).toEqual([[0, 0, 0]]);
  });

  it('the angle and the hypotenuse of the point 0 have none, as in PyTorch', () => {
    expect(gradients((a, b) => a.atan2(b), [0, 1], [0, 1])).toEqual([
      [nan, expect.closeTo(0.5, 14)],
      [nan, expect.closeTo(-0.5, 14)],
    ]);
    expect(gradients((a, b) => a.hypot(b), [0, 3], [0, 4])).toEqual([
      [nan, expect.closeTo(0.6, 14)],
      [nan, expect.closeTo(0.8, 14)],
    ]);
  });

  it('neither squares nor products overflow on the way', () => {
    expect(gradients((a, b) => a.hypot(b), [3e200], [4e200])).toEqual([
      [expect.closeTo(0.6, 14)],
      [expect.closeTo(0.8, 14)],
    ]);
    expect(gradients((a, b) => a.atan2(b), [3e200], [4e200])).toEqual([
      [expect.closeTo(1.6e-201, 214)],
      [expect.closeTo(-1.2e-201, 214)],
    ]);
    expect(gradients((x) => x.asinh(), [1e200])).toEqual([[expect.closeTo(1e-200, 213)]]);
    expect(gradients((x) => x.acosh(), [1e200])).toEqual([[expect.closeTo(1e-200, 213)]]);
  });
});

describe('running products with zeros', () => {
  it.each([
    ['one zero', [2, 0, 3]],
    ['two zeros', [2, 0, 0]],
    ['none', [2, -1, 3]],
  ])('%s: derivatives are products of the others, of second order too', (_, data) => {
    const [a, b, c] = data as [number, number, number];
    expect(gradients((x) => x.cumprod(0).sum(), data)).toEqual([[1 + b + b * c, a + a * c, a * b]]);
    expect(hessian((x) => x.cumprod(0).sum(), data)).toEqual([
      [0, 1 + c, b],
      [1 + c, 0, a],
      [b, a, 0],
    ]);
  });

  it('and so are products of scattered elements', () => {
    const index = () => tensor([0, 0, 0], { dtype: 'int32' });
    expect(gradients((x, s) => x.scatter(0, index(), s, 'mul'), [5], [2, 0, 3])).toEqual([[0], [0, 30, 0]]);
    expect(gradients((x, s) => x.scatter(0, index(), s, 'mul'), [0], [2, 0, 3])).toEqual([[0], [0, 0, 0]]);
    expect(hessian((s) => tensor([5], float64).scatter(0, index(), s, 'mul'), [2, 0, 0])).toEqual([
      [0, 0, 0],
      [0, 0, 10],
      [0, 10, 0],
    ]);
  });

  it('the last of several elements for one place has the gradient', () => {
    const index = () => tensor([1, 1, 0], { dtype: 'int32' });
    expect(
      gradients(
        (x, s) =>
          x
            .scatter(0, index(), s)
            .mul(tensor([2, 3, 4], float64))
            .sum(),
        [7, 7, 7],
        [1, 1, 1],
      ),
    ).toEqual([
      [0, 0, 4],
      [0, 3, 2],
    ]);
  });
});

describe('gradients that do not lie in a row', () => {
  const weights = (shape: readonly number[]) =>
    tensorOf({ shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1) });

  it('come back through transposed and stepped slices', () => {
    scope(() => {
      const x = leaf([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const part = x.transpose().slice([[0, 3, 2]]);
      const [found] = grad(part.mul(weights([2, 2])).sum(), [x]) as [Tensor];
      expect([...found.dataSync()]).toEqual([1, 0, 3, 2, 0, 4]);
    });
  });

  it('come back through slices that go backward, also beside such as go forward', () => {
    const byHalves = (x: Tensor) =>
      x
        .slice([
          [0, 1],
          [undefined, undefined, -1],
        ])
        .add(x.slice([[1]]));
    expect(
      gradients(
        (x) =>
          byHalves(x)
            .mul(weights([1, 3]))
            .sum(),
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
    ).toEqual([[3, 2, 1, 1, 2, 3]]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    [
      'transpose, then a step',
      (x) =>
        x
          .transpose()
          .slice([[1, undefined, 2]])
          .square(),
    ],
    [
      'a step, then transpose',
      (x) =>
        x
          .slice([[], [0, 3, 2]])
          .transpose()
          .square(),
    ],
    ['permute, reshape, permute', (x) => x.reshape([2, 3, 1]).permute([2, 1, 0]).reshape([3, 2]).transpose().square()],
    ['a column of a product', (x) => x.matmul(x.transpose()).slice([[], 1])],
    ['a softmax of columns', (x) => x.softmax(0)],
    ['a reduction of a transposed table', (x) => x.transpose().square().sum(0)],
  ])('%s', (_, f) => {
    scope(() =>
      checkGradients(
        f,
        [
          tensor(
            [
              [1, 2, 3],
              [4, -5, 6],
            ],
            float64,
          ),
        ],
        { order: 2 },
      ),
    );
  });
});

describe('BatchNorm', () => {
  it('refuses one value for each channel', () => {
    scope(() => {
      for (const shape of [
        [1, 3],
        [1, 3, 1, 1],
      ]) {
        expect(() => batchNorm(requireGrad(ones(shape)))).toThrow(ShapeError);
        expect(() => batchNorm(requireGrad(ones(shape)))).toThrow('two values or more: use a larger batch');
      }
    });
  });

  it('of two values for each channel has the gradients of its formula', () => {
    scope(() => {
      const inputs = [
        tensor(
          [
            [1, 5],
            [2, -4],
          ],
          float64,
        ),
        tensor([2, 0.5], float64),
        tensor([1, -1], float64),
      ];
      checkGradients((x, gamma, beta) => batchNorm(x!, gamma, beta, 0.1).output, inputs, { order: 2 });
    });
  });

  it('of equal values has finite gradients', () => {
    const [found] = gradients((x) => batchNorm(x).output.mul(tensor([[1], [2], [4]], float64)), [[3], [3], [3]]);
    expect(found!.every(Number.isFinite)).toBe(true);
  });
});

describe('far out', () => {
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['sigmoid', (x) => x.sigmoid(), [-1000, 1000], [0, 0]],
    ['softplus', (x) => x.softplus(), [-1000, 1000], [0, 1]],
    ['tanh', (x) => x.tanh(), [-1000, 1000], [0, 0]],
    ['silu', (x) => x.silu(), [-1000, 1000], [0, 1]],
    ['gelu', (x) => x.gelu(), [-1000, 1000, 1e200], [0, 1, 1]],
    ['erf', (x) => x.erf(), [-1000, 1e200], [0, 0]],
    ['logSumExp', (x) => x.logSumExp(0), [-1000, 1000, 1000], [0, 0.5, 0.5]],
    ['logSumExp of infinities', (x) => x.logSumExp(0), [-inf, 2, -inf], [0, 1, 0]],
    ['logSumExp of nothing but infinities', (x) => x.logSumExp(0), [-inf, -inf, -inf], [0, 0, 0]],
    ['softmax', (x) => x.softmax().slice([1]), [-1000, 1000], [0, 0]],
    ['softmax of infinities', (x) => x.softmax().slice([1]), [-inf, 1], [0, 0]],
    ['max of infinities', (x) => x.max(), [-inf, -inf], [0.5, 0.5]],
    ['logSoftmax', (x) => x.logSoftmax().slice([0]), [-1000, 1000], [1, -1]],
  ])('%s has no NaN', (_, f, data, expected) => {
    expect(gradients(f, data)).toEqual([expected]);
    expect(hessian(f, data).flat().every(Number.isFinite)).toBe(true);
  });

  it('a class that is impossible takes no part in the cross-entropy', () => {
    const loss = (x: Tensor) => softmaxCrossEntropy(x.reshape([1, 3]), tensor([0], { dtype: 'int32' }));
    expect(gradients(loss, [1, -inf, 1])).toEqual([[-0.5, 0, 0.5]]);
    const second = hessian(loss, [1, -inf, 1]);
    expect(second.map((row) => row.map((value) => Math.round(value * 1e9) / 1e9 + 0))).toEqual([
      [0.25, 0, -0.25],
      [0, 0, 0],
      [-0.25, 0, 0.25],
    ]);
  });
});

describe('methods made of several operators', () => {
  const composed: [string, (x: Tensor) => Tensor][] = [
    ['mean', (x) => x.mean(1)],
    ['variance', (x) => x.variance(0)],
    ['biased variance of everything', (x) => x.variance(undefined, { correction: 0 })],
    ['clamp', (x) => x.clamp(-0.6, 0.6)],
    ['logSumExp', (x) => x.logSumExp(1)],
    ['softmax along the first axis', (x) => x.softmax(0)],
    ['max over two axes that are no neighbors', (x) => x.unsqueeze(1).max([0, 2])],
    ['topk', (x) => x.topk(2).values],
    ['the smallest', (x) => x.topk(1, { largest: false }).values],
    ['take', (x) => x.take(1, tensor([2, 0], { dtype: 'int32' }))],
    ['a vector times a matrix', (x) => x.slice([0]).matmul(x.transpose())],
    [
      'conv1d',
      (x) => conv1d(x.reshape([1, 2, 3]), x.slice([[], [0, 2]]).reshape([1, 2, 2]), undefined, { padding: 1 }),
    ],
    ['maxPool1d', (x) => maxPool1d(x.reshape([1, 2, 3]), 2, { stride: 1 })],
    ['averagePool1d', (x) => averagePool1d(x.reshape([1, 2, 3]), 2, { padding: 1 })],
    ['sumTo and broadcastTo', (x) => x.sumTo([1, 3]).broadcastTo([4, 3]).square()],
    ['flatten, squeeze, unsqueeze', (x) => x.flatten().unsqueeze(0).squeeze(0).square()],
  ];

  it.each(composed)('%s', (_, f) => {
    fc.assert(
      fc.property(distinct([2, 3]), (x) => {
        scope(() => checkGradients(f, [tensorOf(x)], { order: 2, directions: 1 }));
      }),
      { numRuns: 30 },
    );
  });

  it('a long chain of everything', () => {
    fc.assert(
      fc.property(tablesOf([2, 3], anywhere), tablesOf([3, 2], quarters(-1, 1)), (a, b) => {
        const f = (x: Tensor, w: Tensor) =>
          x.mul(0.05).matmul(w).tanh().add(w.sum(0)).softplus().mean(1).exp().logSumExp(0);
        scope(() => checkGradients(f, [tensorOf(a), tensorOf(b)], { order: 2, directions: 2 }));
      }),
      { numRuns: 50 },
    );
  });
});
