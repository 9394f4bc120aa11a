import {
  AdamW,
  ArgumentError,
  checkGradients,
  Parameter,
  type PolynomialBasis,
  requireGrad,
  ShapeError,
  scope,
  tensor,
} from '@pnn/nn';
import { type Arbitrary, array, assert, constant, constantFrom, double, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoundaryPenalty,
  defaultPolynomial,
  type EpochRecord,
  PolynomialActivation,
  type PolynomialActivationOptions,
  polynomialActivations,
  targetFunction,
  targetNames,
} from '../../src/index.js';
import { blobLoader, toyTrainer } from '../training/toy.js';
import { plainBatchPenalty, plainOutput } from './plain-activation.js';

const between = (min: number, max: number) => double({ min, max, noNaN: true });

const penalties: Arbitrary<Required<BoundaryPenalty>> = record({
  form: constantFrom('exponential', 'quadratic', 'power', 'max-norm'),
  cap: oneof(between(0.1, 10), constant(Number.POSITIVE_INFINITY)),
});

const optionsOf = record({
  target: constantFrom(...targetNames),
  degree: constantFrom(1, 2, 3, 4, 7, 8, 16, 22, 32),
  bound: between(0.5, 50),
  alpha: between(0.05, 1),
  basis: constantFrom<PolynomialBasis>('even-odd', 'twice-even-odd', 'monomial'),
  outside: constantFrom<'polynomial' | 'tangent'>('polynomial', 'tangent'),
  penalty: penalties,
}).chain((options) =>
  constantFrom<Pick<PolynomialActivationOptions, 'method' | 'samples' | 'density'>>(
    { method: 'least-squares' },
    { samples: 100 },
    { method: 'minimax' },
    { method: 'density', density: (x) => Math.exp(-(((4 * x) / options.bound) ** 2)) },
  ).map((fit) => ({ ...options, ...fit })),
);

/** The activation in double precision: its coefficients are made anew after the cast. */
function inDoublePrecision(options: PolynomialActivationOptions): PolynomialActivation {
  const activation = new PolynomialActivation(options).cast('float64');
  activation.refit(options.bound);
  return activation;
}

/** Inputs in units of B, some of them far outside. */
const inputs = array(oneof(between(-1, 1), between(-2, 2)), { minLength: 1, maxLength: 12 });

/** The error relative to the value or to the bound, whichever is larger. */
function relativeError(actual: number, expected: number, bound: number): number {
  return Math.abs(actual - expected) / Math.max(bound, Math.abs(expected));
}

/** How a polynomial of this degree magnifies rounding of its coefficients at t = x/B: |T_d(t)|, 1 on [−1, 1]. */
function magnification(degree: number, t: number): number {
  return Math.cosh(degree * Math.acosh(Math.max(1, Math.abs(t))));
}

describe('PolynomialActivation', () => {
  it('refuses degrees that float32 cannot evaluate', () => {
    expect(() => new PolynomialActivation({ degree: 33, bound: 10 })).toThrow(ArgumentError);
    expect(new PolynomialActivation({ degree: 32, bound: 10 }).fit.degree).toBe(32);
  });

  it('computes the polynomial, the penalty and the range as a plain float64 computation does', () => {
    assert(
      property(optionsOf, inputs, (options, units) => {
        const activation = inDoublePrecision(options);
        const xs = units.map((unit) => unit * options.bound);
        scope(() => {
          const output = activation.forward(tensor(Float64Array.from(xs)));
          const plain = {
            fit: activation.fit,
            alpha: options.alpha,
            outside: options.outside,
            penalty: options.penalty,
          };
          output.dataSync().forEach((value, i) => {
            const rounding = 1e-12 * magnification(options.degree, units[i]!);
            expect(relativeError(value, plainOutput(plain, xs[i]!), options.bound)).toBeLessThan(1e-6 + rounding);
          });
          const penalty = plainBatchPenalty(plain, xs);
          expect(relativeError(activation.penalty!.itemSync(), penalty, 1)).toBeLessThan(1e-9);
          const range = activation.range!.dataSync();
          expect(range[0]).toBe(Math.max(...xs.map(Math.abs)));
          expect(range[1]).toBe(xs.filter((x) => Math.abs(x) > options.bound).length);
          expect(range[2]).toBe(0);
        });
        activation.dispose();
      }),
      { numRuns: 150 },
    );
  });

  it.each([2, 8, 16, 22])('stays within 4e-5 of float64 at degree %d in float32', (degree) => {
    const activation = new PolynomialActivation({ degree, bound: 47 });
    const xs = Float32Array.from({ length: 2001 }, (_, i) => (47 * (i - 1000)) / 1000);
    const output = scope(() => activation.forward(tensor(xs)).dataSync());
    const error = Math.max(...Array.from(output, (y, i) => Math.abs(y - activation.fit.evaluate(xs[i]!))));
    expect(error).toBeLessThan(4e-5);
  });

  it('evaluates the polynomial itself beyond the bound, tangent or not, once training is over', () => {
    const activation = inDoublePrecision({ degree: 4, bound: 2, outside: 'tangent' });
    const at = () => scope(() => activation.forward(tensor(Float64Array.of(5))).itemSync());
    const { fit } = activation;
    expect(at()).toBeCloseTo(fit.evaluate(2) + 3 * fit.derivative(2), 10);
    activation.eval();
    expect(at()).toBeCloseTo(fit.evaluate(5), 10);
  });

  it('has one polynomial for each channel, that of its row of coefficients', () => {
    const activation = new PolynomialActivation({ degree: 4, bound: 3, channels: 2, learnable: true });
    const { coefficients } = activation;
    expect(coefficients.shape).toEqual([2, 4]);
    const rows = Array.from(coefficients.dataSync());
    coefficients.assign(
      tensor(
        rows.map((value, i) => (i < 4 ? value : 2 * value)),
        { shape: [2, 4] },
      ),
    );
    const x = [-2, -1, 0.5, 3];
    scope(() => {
      const output = activation.forward(tensor([...x, ...x], { shape: [1, 2, 4] })).dataSync();
      for (let i = 0; i < 4; i++) {
        expect(output[i]).toBeCloseTo(activation.fit.evaluate(x[i]!), 5);
        expect(output[4 + i]).toBeCloseTo(2 * activation.fit.evaluate(x[i]!), 5);
      }
    });
    expect(() => activation.forward(tensor([1, 2, 3], { shape: [1, 3] }))).toThrow(ShapeError);
  });

  it.each(['polynomial', 'tangent'] as const)(
    'has right gradients of inputs and coefficients, penalty included, with the %s outside',
    (outside) => {
      for (const form of ['exponential', 'quadratic', 'power', 'max-norm'] as const) {
        const options = { degree: 6, bound: 2, alpha: 0.7, learnable: true, outside, penalty: { form, cap: 0.8 } };
        const activation = inDoublePrecision({ ...options, target: 'silu' });
        const x = tensor(Float64Array.of(-3.1, -1.7, -0.4, 0.3, 1.55, 1.9, 2.6), { shape: [1, 7] });
        const { coefficients } = activation;
        checkGradients(
          (input, weights) => {
            Object.assign(activation, { coefficients: weights });
            const output = activation.forward(input!);
            return output.sum().add(activation.penalty!.mul(3));
          },
          [x, coefficients],
        );
        Object.assign(activation, { coefficients });
      }
    },
  );

  it('takes the basis that its degree needs, or the one that it is told, as networks saved before are', () => {
    const options = { target: 'tanh', bound: 10 } as const;
    const shapes = ([22, 23] as const).map((degree) => new PolynomialActivation({ ...options, degree }).domain.shape);
    expect(shapes).toEqual([[2], [3]]);
    const old = new PolynomialActivation({ ...options, degree: 32, basis: 'even-odd' });
    const { odd } = old.fit.evenOdd();
    expect(old.domain.shape).toEqual([2]);
    expect(Array.from(old.coefficients.dataSync()).slice(1)).toEqual(Array.from(odd, Math.fround));
  });

  it('learns its coefficients where that was asked for, in the group of polynomials', () => {
    const fixed = new PolynomialActivation({ degree: 4, bound: 3 });
    expect(fixed.parameters()).toEqual([]);
    expect([...fixed.namedBuffers()].map(([name]) => name)).toEqual(['coefficients', 'domain']);

    const activation = new PolynomialActivation({ degree: 4, bound: 3, learnable: true });
    expect(activation.parameterGroups()).toMatchObject([{ name: 'polynomial' }]);
    const optimizer = new AdamW(activation.parameterGroups(), { lr: 0.5 });
    const x = tensor([-2, -1, 0, 1, 2]);
    const loss = () => activation.forward(x).sub(x.square()).square().mean();
    const before = scope(() => loss().itemSync());
    for (let step = 0; step < 50; step++) {
      optimizer.zeroGrad();
      scope(() => loss().backward());
      optimizer.step();
    }
    expect(scope(() => loss().itemSync())).toBeLessThan(before / 2);
  });

  it('is fitted anew in the same tensor, so that the optimizer goes on with it', () => {
    const activation = new PolynomialActivation({ degree: 8, bound: 10, learnable: true });
    const { coefficients } = activation;
    const optimizer = new AdamW(activation.parameterGroups(), { lr: 0.1 });
    activation.refit(3);
    expect(activation.coefficients).toBe(coefficients);
    expect(coefficients).toBeInstanceOf(Parameter);
    expect(activation.bound).toBe(3);
    expect(activation.fit).toMatchObject({ bound: 3, degree: 8, target: 'relu' });
    const fresh = new PolynomialActivation({ degree: 8, bound: 3 });
    expect(coefficients.dataSync()).toEqual(fresh.coefficients.dataSync());
    scope(() =>
      activation
        .forward(tensor([1, 2]))
        .sum()
        .backward(),
    );
    optimizer.step();
    expect(coefficients.dataSync()).not.toEqual(fresh.coefficients.dataSync());
  });

  it('is fitted anew by the density of its inputs', () => {
    const activation = new PolynomialActivation({ degree: 4, bound: 10 });
    const evenly = activation.fit;
    activation.refit(10, (x) => Math.exp(-(x ** 2)));
    expect(activation.fit.method).toBe('density');
    const error = (fit: typeof evenly) => Math.abs(fit.evaluate(1) - 1) + Math.abs(fit.evaluate(-1));
    expect(error(activation.fit)).toBeLessThan(error(evenly));
  });

  it('can be fitted anew to any bound, also where a smooth target needs fewer terms in a narrow one', () => {
    assert(
      property(
        constantFrom(...targetNames),
        constantFrom(2, 5, 16, 22),
        constantFrom('even-odd', 'twice-even-odd', 'monomial'),
        between(-2, 4),
        between(-2, 4),
        (target, degree, basis, logFrom, logTo) => {
          const [from, to] = [2 ** logFrom, 2 ** logTo];
          const activation = new PolynomialActivation({ target, degree, bound: from, basis }).cast('float64');
          activation.refit(to);
          scope(() => {
            for (const unit of [-1, -0.3, 0, 0.6, 1]) {
              const value = activation.forward(tensor(Float64Array.of(unit * to))).itemSync();
              expect(relativeError(value, activation.fit.evaluate(unit * to), to)).toBeLessThan(1e-6);
            }
          });
          activation.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes nothing where it cannot be fitted anew', () => {
    const activation = new PolynomialActivation({ degree: 4, bound: 10 });
    const { fit } = activation;
    const before = activation.coefficients.dataSync();
    for (const bound of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => activation.refit(bound)).toThrow(ArgumentError);
    }
    expect(activation).toMatchObject({ fit, bound: 10 });
    expect(activation.coefficients.dataSync()).toEqual(before);
  });

  it.each(targetNames)('is %s itself during a warm-up, with the range and the penalty of its inputs', (target) => {
    const activation = new PolynomialActivation({ target, degree: 4, bound: 2, outside: 'polynomial' }).cast('float64');
    activation.approximating = false;
    const xs = [-30, -3, -0.5, 0, 0.7, 2.5, 30];
    scope(() => {
      const x = tensor(Float64Array.from(xs));
      const output = activation.forward(x).dataSync();
      xs.forEach((value, i) => {
        expect(output[i]).toBeCloseTo(targetFunction(target)(value), 12);
      });
      expect(activation.range!.dataSync()).toEqual(Float64Array.of(30, 4, 0));
      expect(activation.penalty!.itemSync()).toBeGreaterThan(0);
      activation
        .approximate(x)
        .dataSync()
        .forEach((value, i) => {
          expect(relativeError(value, activation.fit.evaluate(xs[i]!), 2)).toBeLessThan(1e-5);
        });
    });
  });

  const leaky = (x: number) => Math.max(x, 0.1 * x);

  it('approximates any function, and is that itself during a warm-up, with its slopes', () => {
    const activation = new PolynomialActivation({ target: leaky, degree: 12, bound: 3 });
    expect(activation.describe()).toBe('leaky, degree 12, bound 3, alpha 0.7');
    const value = scope(() => activation.forward(tensor([-2])).itemSync());
    expect(Math.abs(value + 0.2)).toBeLessThan(0.1);
    activation.approximating = false;
    scope(() => {
      const x = requireGrad(tensor([1, -2, 30]));
      const output = activation.forward(x);
      expect(output.dataSync()).toEqual(Float32Array.of(1, -0.2, 30));
      output.sum().backward();
      for (const [i, slope] of [1, 0.1, 1].entries()) expect(x.grad!.dataSync()[i]).toBeCloseTo(slope, 6);
    });
  });

  it('warms up with a function of numbers, and calibrates to it', async () => {
    const trainer = toyTrainer({ activation: { target: leaky, degree: 8 }, calibration: { steps: 4 }, lambda: 1 });
    const epochs: EpochRecord[] = [];
    for await (const epoch of trainer.fit(blobLoader(48), { epochs: 6 })) epochs.push(epoch);
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0]!.trainLoss);
    expect(polynomialActivations(trainer.network)[0]![1].fit).toMatchObject({ target: 'leaky' });
  });

  it('gives large finite values far beyond the bound, or says which inputs are not finite', () => {
    assert(
      property(
        constantFrom('even-odd', 'twice-even-odd', 'monomial'),
        constantFrom('polynomial', 'tangent'),
        constantFrom(2, 8, 22),
        between(0, 30),
        constantFrom(-1, 1),
        (basis, outside, degree, logSize, sign) => {
          const activation = new PolynomialActivation({ degree, bound: 10, basis, outside });
          const x = Math.fround(sign * 10 ** logSize);
          scope(() => {
            const y = activation.forward(tensor([x])).itemSync();
            const expected = plainOutput({ ...activation, outside, penalty: { form: 'exponential', cap: 10 } }, x);
            // Beyond float32 it must show as an infinity, which the next layer reports, or as the difference of two.
            const twice = basis === 'twice-even-odd';
            if (Math.abs(expected) < (twice ? 1e36 : 1e38)) expect(Number.isFinite(y)).toBe(true);
            else if (Math.abs(expected) > 1e39)
              expect(twice ? y - y : Math.abs(y)).toBe(twice ? Number.NaN : Number.POSITIVE_INFINITY);
            expect(activation.range!.dataSync()[0]).toBe(Math.abs(x));
          });
          activation.dispose();
        },
      ),
      { numRuns: 200 },
    );
    const activation = new PolynomialActivation({ degree: 8, bound: 10 });
    scope(() => {
      activation.forward(tensor([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -12]));
      expect(activation.range!.dataSync()).toEqual(Float32Array.of(Number.POSITIVE_INFINITY, 3, 3));
    });
  });

  it('charges the largest input alone in the form max-norm', () => {
    const activation = inDoublePrecision({ degree: 2, bound: 4, alpha: 0.5, penalty: { form: 'max-norm' } });
    scope(() => {
      const x = requireGrad(tensor(Float64Array.of(1, -7, 3, 6.5)));
      activation.forward(x);
      expect(activation.penalty!.itemSync()).toBe(5);
      activation.penalty!.backward();
      expect(x.grad!.dataSync()).toEqual(Float64Array.of(0, -1, 0, 0));
      activation.forward(tensor(Float64Array.of(1, -2)));
      expect(activation.penalty!.itemSync()).toBe(0);
    });
  });

  it('names what is wrong with its options', () => {
    const make = (options: Partial<PolynomialActivationOptions>) => () =>
      new PolynomialActivation({ degree: 4, bound: 3, ...options });
    for (const alpha of [0, -0.5, 1.01, Number.NaN]) {
      expect(make({ alpha })).toThrow(new ArgumentError(`PolynomialActivation: alpha must be in (0, 1], not ${alpha}`));
    }
    expect(make({ bound: 0 })).toThrow(/bound must be positive/);
    expect(make({ degree: 0 })).toThrow(/degree must be an integer from 1 to 64/);
    expect(make({ samples: 0 })).toThrow(/samples/);
    expect(make({ channels: 1.5 })).toThrow(/channels/);
    expect(make({ method: 'density' })).toThrow(/density/);
    expect(make({ penalty: { form: 'quadratic', cap: 0 } })).toThrow(/cap must be positive, not 0/);
    expect(make({ penalty: { form: 'cubic' as 'power' } })).toThrow(
      /no penalty is called 'cubic'; there are exponential/,
    );
    expect(make({ target: 'swish' as 'silu' })).toThrow(/no target is called 'swish'/);
  });
});

describe('the defaults of an activation', () => {
  it('are those of the method, as the command has them', () => {
    const own = new PolynomialActivation({ degree: 8, bound: 4 });
    const { alpha, outside, penalty, basis } = defaultPolynomial;
    const told = new PolynomialActivation({ degree: 8, bound: 4, alpha, outside, penalty, basis });
    const results = [own, told].map((activation) =>
      scope(() => {
        const x = requireGrad(tensor([-9, -3.5, -2, 0, 2.9, 5, 40]));
        const output = activation.forward(x);
        output.sum().add(activation.penalty!).backward();
        return [output.dataSync(), activation.penalty!.itemSync(), x.grad!.dataSync()];
      }),
    );
    expect(results[0]).toEqual(results[1]);
    expect(own.alpha).toBe(alpha);
  });
});
