import {
  ArgumentError,
  checkGradients,
  GradientError,
  Linear,
  ReLU,
  requireGrad,
  Sequential,
  scope,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { array, assert, constant, constantFrom, double, oneof, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoundaryPenalty, boundaryLoss, PolynomialActivation, polynomialActivations } from '../../src/index.js';
import { plainBatchPenalty } from '../activation/plain-activation.js';

const between = (min: number, max: number) => double({ min, max, noNaN: true });
const averagedForms = ['exponential', 'quadratic', 'power'] as const;
const forms = [...averagedForms, 'max-norm'] as const;

const layer = record({
  bound: between(0.5, 20),
  alpha: between(0.05, 1),
  lambda: oneof(constant(0), between(0.01, 100)),
  penalty: record({
    form: constantFrom<BoundaryPenalty['form']>(...forms),
    cap: oneof(between(0.1, 5), constant(Number.POSITIVE_INFINITY)),
  }),
});

/** The penalty of one batch of inputs, and its gradient with respect to them. */
function penaltyAndGradient(options: { penalty: BoundaryPenalty; bound: number; alpha: number }, xs: number[]) {
  const activation = new PolynomialActivation({ degree: 2, ...options });
  const result = scope(() => {
    const x = requireGrad(tensor(Float32Array.from(xs)));
    activation.forward(x);
    const loss = boundaryLoss(activation, { lambda: 1 });
    loss.backward();
    return { loss: loss.itemSync(), gradient: Array.from(x.grad!.dataSync()) };
  });
  activation.dispose();
  return result;
}

describe('boundaryLoss', () => {
  it('is Σ λ_i times the penalty of the inputs of activation i, as a plain computation has it', () => {
    assert(
      property(
        array(layer, { minLength: 1, maxLength: 3 }),
        array(between(-3, 3), { minLength: 1, maxLength: 8 }),
        (layers, units) => {
          const activations = layers.map(
            ({ lambda: _, ...options }) => new PolynomialActivation({ degree: 1, target: 'tanh', ...options }),
          );
          const network = new Sequential(...activations).cast('float64');
          const inputs: number[][] = [];
          for (const each of activations) {
            each.addForwardHook((_, [x]) => inputs.push(Array.from(x!.dataSync())));
          }
          const lambda = layers.map((each) => each.lambda);
          const xs = Float64Array.from(units, (unit) => unit * layers[0]!.bound);
          const [loss, twice] = scope(() => {
            network.forward(tensor(xs));
            return [boundaryLoss(network, { lambda }).itemSync(), boundaryLoss(network, { lambda: 2 }).itemSync()];
          });
          const penalties = activations.map((activation, i) =>
            plainBatchPenalty(
              { fit: activation.fit, alpha: activation.alpha, outside: 'polynomial', penalty: layers[i]!.penalty },
              inputs[i]!,
            ),
          );
          const expected = penalties.reduce((sum, penalty, i) => sum + lambda[i]! * penalty, 0);
          const double = penalties.reduce((sum, penalty) => sum + 2 * penalty, 0);
          expect(Math.abs(loss! - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
          expect(Math.abs(twice! - double)).toBeLessThanOrEqual(1e-9 * Math.max(1, double));
          network.dispose();
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(['exponential', 'quadratic', 'max-norm'] as const)(
    'is zero, and without gradient, exactly where all |x| ≤ αB: %s',
    (form) => {
      assert(
        property(
          array(between(-1, 1), { minLength: 1, maxLength: 10 }),
          oneof(constant(0), between(1e-3, 5)),
          (units, excess) => {
            // αB = 3 is exact in float32.
            const xs = units.map((unit) => 3 * unit);
            if (excess > 0) xs.push(-3 - excess);
            const { loss, gradient } = penaltyAndGradient({ penalty: { form, cap: 2 }, bound: 4, alpha: 0.75 }, xs);
            expect(loss === 0).toBe(excess === 0);
            expect(loss).toBeGreaterThanOrEqual(0);
            expect(gradient.slice(0, units.length).every((g) => g === 0)).toBe(true);
            if (excess > 0) expect(gradient.at(-1)).toBeLessThan(0);
          },
        ),
      );
    },
  );

  it('never falls where some |x| rises, and does not look at signs', () => {
    assert(
      property(
        constantFrom(...forms),
        array(tuple(between(-3, 3), between(0, 2)), { minLength: 1, maxLength: 6 }),
        (form, pairs) => {
          const options = { penalty: { form, cap: 1 }, bound: 1, alpha: 0.8 };
          const smaller = penaltyAndGradient(
            options,
            pairs.map(([x]) => x),
          );
          const larger = penaltyAndGradient(
            options,
            pairs.map(([x, more]) => Math.sign(x) * (Math.abs(x) + more)),
          );
          const mirrored = penaltyAndGradient(
            options,
            pairs.map(([x]) => -x),
          );
          expect(larger.loss).toBeGreaterThanOrEqual(smaller.loss * (1 - 1e-6));
          expect(mirrored.loss).toBe(smaller.loss);
          expect(mirrored.gradient.map((g) => -g + 0)).toEqual(smaller.gradient.map((g) => g + 0));
        },
      ),
    );
  });

  it.each(forms)('has the gradient of finite differences through layers: %s', (form) => {
    const activation = () =>
      new PolynomialActivation({ degree: 3, target: 'silu', bound: 1.5, alpha: 0.7, penalty: { form, cap: 0.9 } });
    const network = new Sequential(new Linear(3, 4), activation(), new Linear(4, 2), activation()).cast('float64');
    const x = tensor(Float64Array.of(1.2, -2.5, 0.4, -0.3, 3.1, 1.7), { shape: [2, 3] });
    const first = network.children()[0]![1] as Linear;
    checkGradients(
      (input, weight) => {
        Object.assign(first, { weight });
        network.forward(input!);
        return boundaryLoss(network, { lambda: [2, 0.5] });
      },
      [x, tensor(first.weight.dataSync(), { shape: first.weight.shape })],
      { tolerance: 1e-5 },
    );
  });

  it('stays finite in float32 for inputs up to 1e30, and so does its gradient', () => {
    assert(
      property(
        constantFrom<BoundaryPenalty>(
          ...forms.map((form) => ({ form })),
          { form: 'exponential', cap: 3 },
          { form: 'power', cap: 3 },
          { form: 'quadratic', cap: 0.5 },
        ),
        array(tuple(constantFrom(-1, 1), between(-3, 30)), { minLength: 1, maxLength: 6 }),
        (penalty, sizes) => {
          const xs = sizes.map(([sign, log]) => sign * 10 ** log);
          const { loss, gradient } = penaltyAndGradient({ penalty, bound: 6, alpha: 0.7 }, xs);
          expect(Number.isFinite(loss)).toBe(true);
          expect(gradient.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('pulls inputs back: a step along its gradient makes it smaller', () => {
    const activation = new PolynomialActivation({ degree: 4, bound: 2, alpha: 0.9 });
    const lossAt = (xs: Tensor) => {
      activation.forward(xs);
      return boundaryLoss(activation, { lambda: 10 });
    };
    scope(() => {
      const x = requireGrad(tensor([-4, -1, 0, 2.5, 3]));
      const loss = lossAt(x);
      loss.backward();
      expect(lossAt(x.sub(x.grad!.mul(1e-3))).itemSync()).toBeLessThan(loss.itemSync());
    });
  });

  it('finds the activations of a network by name, each once, in the order of its layers', () => {
    const shared = new PolynomialActivation({ degree: 2, bound: 1 });
    const other = new PolynomialActivation({ degree: 2, bound: 1 });
    const network = new Sequential(new Linear(2, 2), shared, new Sequential(other, shared), new ReLU());
    expect(polynomialActivations(network)).toEqual([
      ['1', shared],
      ['2.0', other],
    ]);
  });

  it('says what is missing', () => {
    const activation = () => new PolynomialActivation({ degree: 2, bound: 1 });
    const network = new Sequential(activation(), activation());
    expect(() => boundaryLoss(new Sequential(new ReLU()), { lambda: 1 })).toThrow(
      new ArgumentError('boundaryLoss: the network has no polynomial activation'),
    );
    expect(() => boundaryLoss(network, { lambda: 1 })).toThrow(
      new GradientError('boundaryLoss: 0 has no penalty: call forward before, in the same scope'),
    );
    scope(() => network.forward(tensor([1])));
    expect(() => boundaryLoss(network, { lambda: 1 })).toThrow(GradientError);
    for (const lambda of [[], [1], [1, 2, 3]]) {
      const loss = () => {
        network.forward(tensor([1]));
        return boundaryLoss(network, { lambda });
      };
      expect(() => scope(loss)).toThrow(
        new ArgumentError(`boundaryLoss: ${lambda.length} values of lambda for 2 activations`),
      );
    }
  });
});
