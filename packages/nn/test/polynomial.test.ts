import { backward } from '@pnn/autograd';
import { ArgumentError, linspace, normal, ShapeError, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Polynomial, type PolynomialCoefficients } from '../src/layers/index.js';
import { Parameter, StateBuffer } from '../src/parameter.js';
import { StateDictError } from '../src/state-dict.js';

const float64 = { dtype: 'float64' } as const;

function numbers(values: Tensor): number[] {
  return Array.from(values.dataSync());
}

/** A layer that takes other coefficients, as those that are fitted anew do. */
class Replaceable extends Polynomial {
  override replace(coefficients: PolynomialCoefficients, bound: number): void {
    super.replace(coefficients, bound);
  }
}

/** Σ c_k t^k by powers. */
function power(coefficients: readonly number[], t: number): number {
  return coefficients.reduce((sum, coefficient, k) => sum + coefficient * t ** k, 0);
}

const coefficient = fc.integer({ min: -32, max: 32 }).map((n) => n / 8);
const bound = fc.constantFrom(0.5, 1, 3, 35);

/** Σ c_k s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1. */
function splitPower(terms: readonly number[], s: number): number {
  return terms.reduce((sum, c, k) => sum + c * s ** (k % 2) * (2 * s * s - 1) ** Math.floor(k / 2), 0);
}

test('evaluates E(s) + t·O(s) in the even-odd bases and Σ c_k t^k in the monomial one', () => {
  fc.assert(
    fc.property(
      fc.array(coefficient, { minLength: 1, maxLength: 6 }),
      fc.array(coefficient, { maxLength: 5 }),
      bound,
      (even, odd, B) => {
        const x = linspace(-1.2 * B, 1.2 * B, 13, float64);
        const layer = new Polynomial({ basis: 'even-odd', even, odd }, { bound: B, ...float64 });
        const plain = new Polynomial({ basis: 'monomial', powers: even }, { bound: B, ...float64 });
        const values = numbers(layer.forward(x));
        const plainValues = numbers(plain.forward(x));
        const twice = new Polynomial({ basis: 'twice-even-odd', even, odd }, { bound: B, ...float64 });
        const twiceValues = numbers(twice.forward(x));
        numbers(x).forEach((at, i) => {
          const t = at / B;
          const s = 2 * t * t - 1;
          expect(values[i]).toBeCloseTo(power(even, s) + t * power(odd, s), 9);
          expect(plainValues[i]).toBeCloseTo(power(even, t), 9);
          expect(twiceValues[i]).toBeCloseTo(splitPower(even, s) + t * splitPower(odd, s), 9);
        });
      },
    ),
  );
});

test('both bases give the same polynomial, its gradient, and the gradient of its range', () => {
  // t⁴ + 2t³ − t² + 5 with t² = (s + 1)/2: E = (s² + 2s + 1)/4 − (s + 1)/2 + 5, O = s + 1.
  const monomial = new Polynomial({ basis: 'monomial', powers: [5, 0, -1, 2, 1] }, { bound: 3, ...float64 });
  const evenOdd = new Polynomial({ basis: 'even-odd', even: [4.75, 0, 0.25], odd: [1, 1] }, { bound: 3, ...float64 });
  const x = new Parameter(linspace(-4, 4, 17, float64));
  const [first, second] = [monomial, evenOdd].map((layer) => {
    const y = layer.forward(x);
    backward(y.sum());
    const gradient = numbers(x.grad!);
    x.grad!.dispose();
    return [...numbers(y), ...gradient];
  });
  first!.forEach((value, i) => {
    expect(value).toBeCloseTo(second![i]!, 12);
  });
});

describe('per channel', () => {
  const coefficients: PolynomialCoefficients = { basis: 'even-odd', even: [1, 2], odd: [3] };

  test('starts with the same polynomial for all, like one for the layer', () => {
    const x = normal([2, 3, 4], 0, 1, float64);
    const shared = new Polynomial(coefficients, { bound: 2, ...float64 });
    const perChannel = new Polynomial(coefficients, { bound: 2, channels: 3, ...float64 });
    expect(perChannel.coefficients.shape).toEqual([3, 3]);
    expect(numbers(perChannel.forward(x))).toEqual(numbers(shared.forward(x)));
  });

  test('applies row c of the coefficients to channel c', () => {
    const layer = new Polynomial(coefficients, { bound: 2, channels: 2, learnable: true, ...float64 });
    layer.coefficients.assign(tensor(Float64Array.of(1, 0, 0, 0, 0, 2), { shape: [2, 3] }));
    const x = tensor(Float64Array.of(0.5, 1, -0.5, 2), { shape: [1, 2, 2] });
    expect(numbers(layer.forward(x))).toEqual([1, 1, -0.5, 2]);
  });

  test('refuses inputs with other channels', () => {
    const layer = new Polynomial(coefficients, { bound: 2, channels: 2 });
    expect(() => layer.forward(normal([1, 3, 4]))).toThrow(
      new ShapeError(
        'polynomial: coefficients [2,3] for [1,3,4]: they must be [terms], or [C,terms] for an input [N,C,…]',
      ),
    );
  });
});

describe('coefficients', () => {
  const line: PolynomialCoefficients = { basis: 'even-odd', even: [1], odd: [2] };

  test('are a buffer, or a parameter of the group polynomial', () => {
    const fixed = new Polynomial(line, { bound: 1 });
    expect(fixed.coefficients).toBeInstanceOf(StateBuffer);
    expect(fixed.parameterGroups()).toEqual([]);
    const learnable = new Polynomial(line, { bound: 1, learnable: true });
    expect(learnable.parameterGroups()).toEqual([{ name: 'polynomial', parameters: [learnable.coefficients] }]);
  });

  test('that are learned get gradients: of c_k the sum of the k-th basis function', () => {
    const layer = new Polynomial(
      { basis: 'even-odd', even: [1, 1], odd: [1] },
      { bound: 2, learnable: true, ...float64 },
    );
    backward(layer.forward(tensor(Float64Array.of(-2, 0, 1))).sum());
    // t = −1, 0, ½ and s = 1, −1, −½.
    expect(numbers(layer.coefficients.grad!)).toEqual([3, -0.5, -0.5]);
  });

  test('have the type that is asked for, float32 otherwise', () => {
    expect(new Polynomial(line, { bound: 1 }).coefficients.dtype).toBe('float32');
    expect(new Polynomial(line, { bound: 1, ...float64 }).coefficients.dtype).toBe('float64');
  });

  test('are replaced in the same tensor', () => {
    const layer = new Replaceable(line, { bound: 1, channels: 2, learnable: true, ...float64 });
    const { coefficients } = layer;
    layer.replace({ basis: 'even-odd', even: [7, 8], odd: [] }, 5);
    expect(layer.coefficients).toBe(coefficients);
    expect(numbers(coefficients)).toEqual([7, 8, 7, 8]);
    expect(layer.bound).toBe(5);
    expect(numbers(layer.forward(tensor(Float64Array.of(5, 0), { shape: [1, 2] })))).toEqual([15, -1]);
    expect(() => layer.replace({ basis: 'even-odd', even: [1], odd: [] }, 5)).toThrow(
      new ArgumentError('Polynomial: 1 terms in the even-odd basis cannot replace 2 in the even-odd basis'),
    );
    expect(() => layer.replace({ basis: 'monomial', powers: [1, 2] }, 5)).toThrow(ArgumentError);
    expect(() => layer.replace(line, 0)).toThrow(ArgumentError);
    expect(numbers(coefficients)).toEqual([7, 8, 7, 8]);
  });
});

describe('a state dict', () => {
  test('brings the range and the even part along with the coefficients', () => {
    const saved = new Polynomial({ basis: 'even-odd', even: [1, 2, 3], odd: [4] }, { bound: 2.5 });
    const fresh = new Polynomial({ basis: 'even-odd', even: [0, 0], odd: [0, 0] }, { bound: 10 });
    fresh.loadStateDict(saved.stateDict());
    expect(fresh.bound).toBe(2.5);
    const x = linspace(-3, 3, 13);
    expect(numbers(fresh.forward(x))).toEqual(numbers(saved.forward(x)));
  });

  test('does not bring coefficients of one basis to a layer of another', () => {
    const parts = { even: [1, 2, 3], odd: [4] };
    const once = new Polynomial({ basis: 'even-odd', ...parts }, { bound: 2.5 });
    const twice = new Polynomial({ basis: 'twice-even-odd', ...parts }, { bound: 2.5 });
    expect(() => twice.loadStateDict(once.stateDict())).toThrow(StateDictError);
    expect(() => once.loadStateDict(twice.stateDict())).toThrow(StateDictError);
  });

  test.each([
    [Number.NaN, 2],
    [-1, 2],
    [1, 0],
    [1, 5],
    [1, 1.5],
  ])('with the domain [%d, %d] is refused', (bound, evenTerms) => {
    const layer = new Polynomial({ basis: 'even-odd', even: [1, 2, 3], odd: [4] }, { bound: 2.5 });
    const state = new Map<string, Tensor>(layer.stateDict());
    state.set('domain', tensor([bound, evenTerms], float64));
    expect(() => layer.loadStateDict(state)).toThrow(StateDictError);
  });
});

describe('outside of the bound', () => {
  // p(t) = t² in x with B = 2: p(2) = 1, p′(2) = 1.
  const square: PolynomialCoefficients = { basis: 'monomial', powers: [0, 0, 1] };
  const x = tensor(Float64Array.of(-4, -2, 1, 2, 6));

  test('is the tangent at the boundary while training, where that is asked for', () => {
    const layer = new Polynomial(square, { bound: 2, outside: 'tangent', ...float64 });
    expect(numbers(layer.forward(x))).toEqual([3, 1, 0.25, 1, 5]);
  });

  test('is the polynomial at evaluation, and where nothing is said', () => {
    const layer = new Polynomial(square, { bound: 2, outside: 'tangent', ...float64 });
    expect(numbers(layer.eval().forward(x))).toEqual([4, 1, 0.25, 1, 9]);
    expect(numbers(new Polynomial(square, { bound: 2, ...float64 }).forward(x))).toEqual([4, 1, 0.25, 1, 9]);
  });

  test('has the slope of the boundary, too', () => {
    const layer = new Polynomial(square, { bound: 2, outside: 'tangent', ...float64 });
    const input = new Parameter(x.clone());
    backward(layer.forward(input).sum());
    expect(numbers(input.grad!)).toEqual([-1, -1, 0.5, 1, 1]);
  });
});

describe('errors', () => {
  const one: PolynomialCoefficients = { basis: 'even-odd', even: [1], odd: [] };

  test.each([0, -1, Number.POSITIVE_INFINITY, Number.NaN])('of the bound %f', (wrong) => {
    expect(() => new Polynomial(one, { bound: wrong })).toThrow(
      new ArgumentError(`Polynomial: the bound must be a positive number, not ${wrong}`),
    );
  });

  test.each([0, -1, 2.5])('of %f channels', (wrong) => {
    expect(() => new Polynomial(one, { bound: 1, channels: wrong })).toThrow(
      new ArgumentError(`Polynomial: the channels must be an integer of 1 or more, not ${wrong}`),
    );
  });

  test('of no coefficients', () => {
    const none = new ArgumentError('Polynomial: the even part needs one coefficient or more');
    expect(() => new Polynomial({ basis: 'even-odd', even: [], odd: [1] }, { bound: 1 })).toThrow(none);
    expect(() => new Polynomial({ basis: 'monomial', powers: [] }, { bound: 1 })).toThrow(none);
  });
});

test('describes itself', () => {
  expect(new Polynomial({ basis: 'monomial', powers: [1, 2, 3] }, { bound: 35 }).describe()).toBe(
    '3 terms, monomial, bound 35',
  );
  expect(
    new Polynomial({ basis: 'even-odd', even: [1, 2], odd: [3] }, { bound: 2.5, learnable: true }).describe(),
  ).toBe('3 terms, even-odd, bound 2.5, learnable');
});
