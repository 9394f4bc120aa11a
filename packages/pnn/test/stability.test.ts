/** The statements of docs/stability.md, by their numbers there. */
import {
  BatchNorm1d,
  Generator,
  grad,
  Linear,
  Module,
  noGrad,
  requireGrad,
  Sequential,
  SGD,
  setSeed,
  type Tensor,
  tensor,
} from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryLoss, type FittedPolynomial, PolynomialActivation, penaltyForms } from '../src/index.js';

const degrees = fc.integer({ min: 2, max: 32 });
const targets = fc.constantFrom('relu', 'silu', 'tanh');
const seeds = fc.nat(1e9);

/** Room for the roundings of single precision. */
const ROOM = 1 + 1e-3;

/** Numbers most of which are ordinary, and some far outliers. */
function wild(count: number, generator: Generator, scale = 1): Float32Array {
  return Float32Array.from(
    { length: count },
    () => scale * generator.normal() * (generator.uniform() < 0.1 ? 1000 : 1),
  );
}

const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

/** max |p'| on [−B, B]: sampled, and what may lie between (Ehlich and Zeller, as in `encloseNetwork`). */
function lipschitz(polynomial: FittedPolynomial): number {
  const count = 16 * polynomial.degree;
  const slopes = Array.from({ length: count }, (_, i) =>
    Math.abs(polynomial.derivative(polynomial.bound * Math.cos((Math.PI * (2 * i + 1)) / (2 * count)))),
  );
  return Math.max(...slopes) / Math.cos(Math.PI / 32);
}

describe('1. BatchNorm', () => {
  it('gives at most |γ|√(m − 1) + |β| for m values a channel, whatever it gets', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 2, max: 200 }),
        fc.constantFrom(1e-3, 1, 1e4),
        async (seed, m, scale) => {
          const generator = new Generator(seed, 'values');
          const layer = new BatchNorm1d(2);
          noGrad(() => {
            layer.gamma!.assign(tensor(Float32Array.of(generator.normal(), 3 * generator.normal())));
            layer.beta!.assign(tensor(Float32Array.of(generator.normal(), generator.normal())));
          });
          // The second channel is the worst case: all values the same but one.
          const values = wild(m, generator, scale);
          const inputs = Float32Array.from({ length: 2 * m }, (_, i) =>
            i % 2 === 0 ? values[i / 2]! : i === 1 ? scale : 0,
          );
          const outputs = await noGrad(() => layer.forward(tensor(inputs, { shape: [m, 2] }))).data();
          const [gamma, beta] = [layer.gamma!.dataSync(), layer.beta!.dataSync()];
          for (const [i, output] of outputs.entries()) {
            const bound = Math.abs(gamma[i % 2]!) * Math.sqrt(m - 1) + Math.abs(beta[i % 2]!);
            expect(Math.abs(output)).toBeLessThanOrEqual(bound * ROOM + 1e-6);
          }
        },
      ),
    );
  });
});

describe('2. The tangent', () => {
  it('makes an activation Lipschitz with max |p′| on [−B, B]', async () => {
    await fc.assert(
      fc.asyncProperty(degrees, targets, seeds, async (degree, target, seed) => {
        const activation = new PolynomialActivation({ target, degree, bound: 5, outside: 'tangent' });
        const constant = lipschitz(activation.fit);
        const generator = new Generator(seed, 'inputs');
        const x = requireGrad(tensor(wild(64, generator, 5)));
        const y = activation.forward(x);
        const [gradient] = grad(y.sum(), [x]);
        const [inputs, outputs, slopes] = await Promise.all([x.data(), y.data(), gradient!.data()]);
        const atZero = Math.abs(activation.fit.evaluate(0));
        inputs.forEach((input, i) => {
          expect(Math.abs(slopes[i]!)).toBeLessThanOrEqual(constant * ROOM + 1e-3);
          expect(Math.abs(outputs[i]!)).toBeLessThanOrEqual((atZero + constant * Math.abs(input)) * ROOM + 1e-2);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is what does it: the polynomial itself grows like a power of its degree', async () => {
    for (const degree of [2, 4, 8, 16]) {
      const activation = new PolynomialActivation({ degree, bound: 5, outside: 'polynomial' });
      const [at10, at100] = await noGrad(() => activation.forward(tensor(Float32Array.of(50, 500)))).data();
      expect(Math.abs(at100! / at10!)).toBeGreaterThan(0.8 * 10 ** degree);
    }
  });
});

describe('3. A network with tangents', () => {
  /** Linear layers and activations, in training mode. */
  function layersOf(degree: number, target: string, depth: number, seed: number) {
    setSeed(seed);
    const linears = Array.from({ length: depth }, () => new Linear(6, 6));
    const activations = linears.map(() => new PolynomialActivation({ target, degree, bound: 3, outside: 'tangent' }));
    return {
      linears,
      activations,
      network: new Sequential(...linears.flatMap((linear, i) => [linear, activations[i]!])),
    };
  }

  it('has values and gradients bounded by products of norms', async () => {
    await fc.assert(
      fc.asyncProperty(degrees, targets, fc.integer({ min: 1, max: 5 }), seeds, async (degree, target, depth, seed) => {
        const { linears, activations, network } = layersOf(degree, target, depth, seed);
        const inputs = wild(6, new Generator(seed, 'inputs'));
        const x = requireGrad(tensor(inputs, { shape: [1, 6] }));
        const y = network.forward(x);
        const seedGradient = wild(6, new Generator(seed, 'gradient'), 0.1);
        const [gradient] = grad(y, [x], { gradient: tensor(seedGradient, { shape: [1, 6] }), retainGraph: true });
        let size = norm(inputs);
        let factor = 1;
        for (const [i, linear] of linears.entries()) {
          const { fit } = activations[i]!;
          const constant = lipschitz(fit);
          // The norm of Frobenius is at least that of the matrix.
          const weight = norm(linear.weight.dataSync());
          size = Math.sqrt(6) * Math.abs(fit.evaluate(0)) + constant * (weight * size + norm(linear.bias!.dataSync()));
          factor *= constant * weight;
        }
        expect(norm(await y.data())).toBeLessThanOrEqual(size * ROOM + 0.1);
        expect(norm(await gradient!.data())).toBeLessThanOrEqual(factor * norm(seedGradient) * ROOM + 1e-3);
      }),
      { numRuns: 30 },
    );
  });

  it('with BatchNorm first forgets how large its inputs were', async () => {
    await fc.assert(
      fc.asyncProperty(degrees, targets, seeds, fc.constantFrom(1, 1e3, 1e6), async (degree, target, seed, scale) => {
        setSeed(seed);
        const activation = new PolynomialActivation({ target, degree, bound: 3, outside: 'tangent' });
        const block = new Sequential(new Linear(4, 3), new BatchNorm1d(3), activation);
        const m = 32;
        const inputs = tensor(wild(4 * m, new Generator(seed, 'inputs'), scale), { shape: [m, 4] });
        const outputs = await noGrad(() => block.forward(inputs)).data();
        const bound = Math.abs(activation.fit.evaluate(0)) + lipschitz(activation.fit) * Math.sqrt(m - 1);
        for (const output of outputs) expect(Math.abs(output)).toBeLessThanOrEqual(bound * ROOM + 1e-2);
      }),
      { numRuns: 30 },
    );
  });
});

describe('4. The capped penalty', () => {
  it.each(penaltyForms)('has a bounded gradient: %s', async (form) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        seeds,
        fc.constantFrom(0.5, 0.7, 1),
        async (count, seed, alpha) => {
          const activation = new PolynomialActivation({ degree: 4, bound: 2, alpha, penalty: { form } });
          const x = requireGrad(tensor(wild(count, new Generator(seed, 'inputs'), 3)));
          activation.forward(x);
          const [gradient] = grad(boundaryLoss(activation, { lambda: 7 }), [x]);
          const limit = alpha * 2;
          const slope = { exponential: Math.exp(3), quadratic: 2 * 3, power: (10 * 2 ** 9) / limit, 'max-norm': count }[
            form
          ];
          for (const each of await gradient!.data())
            expect(Math.abs(each)).toBeLessThanOrEqual(((7 * slope) / count) * ROOM);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('5. Selective clipping', () => {
  /** The gradient that comes out of BatchNorm, on its way back. */
  class Watched extends Module {
    readonly linear = new Linear(4, 3);
    readonly norm = new BatchNorm1d(3);
    readonly activation: PolynomialActivation;
    normalized: Tensor | undefined;

    constructor(degree: number) {
      super();
      this.activation = new PolynomialActivation({ degree, bound: 3, outside: 'tangent' });
    }

    override forward(x: Tensor): Tensor {
      this.normalized = this.norm.forward(this.linear.forward(x));
      return this.activation.forward(this.normalized);
    }
  }

  it('bounds the step of all but γ and β, whose gradients are bounded by the one behind them', async () => {
    await fc.assert(
      fc.asyncProperty(degrees, seeds, fc.constantFrom(1, 1e4), async (degree, seed, scale) => {
        setSeed(seed);
        const network = new Watched(degree);
        const [m, lr, maxNorm] = [16, 0.1, 1];
        const inputs = tensor(wild(4 * m, new Generator(seed, 'inputs')), { shape: [m, 4] });
        const loss = network.forward(inputs).square().mean().mul(scale);
        const { gamma, beta } = network.norm;
        const [behind, gammaGradient, betaGradient] = await Promise.all(
          grad(loss, [network.normalized!, gamma!, beta!], { retainGraph: true }).map((each) => each.data()),
        );
        for (let channel = 0; channel < 3; channel++) {
          const own = norm(behind!.filter((_, i) => i % 3 === channel)) * Math.sqrt(m);
          expect(Math.abs(gammaGradient![channel]!)).toBeLessThanOrEqual(own * ROOM + 1e-6);
          expect(Math.abs(betaGradient![channel]!)).toBeLessThanOrEqual(own * ROOM + 1e-6);
        }
        loss.backward();
        const optimizer = new SGD(network.parameterGroups(), { lr, maxNorm });
        const clipped = [network.linear.weight, network.linear.bias!];
        const before = clipped.map((each) => Float64Array.from(each.dataSync()));
        optimizer.step();
        const steps = clipped.flatMap((each, i) => Array.from(each.dataSync(), (value, k) => value - before[i]![k]!));
        expect(norm(steps)).toBeLessThanOrEqual(lr * maxNorm * ROOM + 1e-6);
      }),
      { numRuns: 30 },
    );
  });
});
