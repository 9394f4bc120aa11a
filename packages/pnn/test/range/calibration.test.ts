import {
  ArgumentError,
  BatchNorm1d,
  Generator,
  Linear,
  memory,
  noGrad,
  normal,
  randomState,
  randomStream,
  Sequential,
  scope,
  setSeed,
  tensor,
} from '@pnn/nn';
import { array, assert, asyncProperty, constantFrom, double } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CalibrationError, calibrate, PolynomialActivation } from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import { toyNetwork } from '../training/toy.js';

const between = (min: number, max: number) => double({ min, max, noNaN: true });

describe('calibrate', () => {
  it('sets every bound to the margin times the quantile that sorting finds', async () => {
    await assert(
      asyncProperty(
        array(array(between(-50, 50), { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
        between(0.5, 1),
        between(0.5, 3),
        async (batches, quantile, margin) => {
          const inputs = batches.map((batch) => [...batch, 1].map(Math.fround));
          const activation = new PolynomialActivation({ degree: 4, bound: 10 });
          const tensors = inputs.map((xs) => tensor(xs));
          const sorted = Float32Array.from(inputs.flat(), Math.abs).sort();
          const exact = sorted[Math.ceil(quantile * sorted.length) - 1]!;
          if (exact < 1e-6) return;
          const found = await calibrate(activation, tensors, { quantile, margin, density: false });
          expect(found).toEqual([{ name: '', quantile: exact, bound: margin * exact }]);
          expect(activation.bound).toBe(margin * exact);
          expect(activation.fit.bound).toBe(margin * exact);
          const fresh = new PolynomialActivation({ degree: 4, bound: margin * exact });
          expect(activation.coefficients.dataSync()).toEqual(fresh.coefficients.dataSync());
          expect(tensors.every((each) => !each.disposed)).toBe(true);
        },
      ),
    );
  });

  it('fits the polynomial to where the inputs are, unless it shall not', async () => {
    const inputs = normal([4000], 0, 1, { generator: new Generator(3) });
    const meanError = async (density: boolean) => {
      const activation = new PolynomialActivation({ degree: 8, bound: 10 });
      await calibrate(activation, [inputs], { margin: 2, density });
      const errors = Array.from(inputs.dataSync(), (x) => (activation.fit.evaluate(x) - Math.max(x, 0)) ** 2);
      return errors.reduce((sum, error) => sum + error, 0) / errors.length;
    };
    expect(await meanError(true)).toBeLessThan(0.5 * (await meanError(false)));
  });

  it('fits low degrees to the inputs as well on a wide range as on that of the default margin', async () => {
    const inputs = normal([5000], 0, 1, { generator: new Generator(4) });
    const values = Array.from(inputs.dataSync());
    const errorOf = ({ fit }: PolynomialActivation) =>
      Math.sqrt(values.reduce((sum, x) => sum + (fit.evaluate(x) - Math.max(x, 0)) ** 2, 0) / values.length);
    const calibrated = async (degree: number, margin: number) => {
      const activation = new PolynomialActivation({ degree, bound: 10 });
      await calibrate(activation, [inputs], { margin });
      return activation;
    };
    await assert(
      asyncProperty(constantFrom(2, 3, 4), between(3, 6), async (degree, margin) => {
        const [usual, wide] = [await calibrated(degree, 2.5), await calibrated(degree, margin)];
        expect(errorOf(wide)).toBeLessThan(1.15 * errorOf(usual));
        const { bound } = wide;
        const options = { degree, bound, method: 'density', density: (x: number) => Math.exp(-(x ** 2) / 2) } as const;
        expect(errorOf(wide)).toBeLessThan(errorOf(new PolynomialActivation(options)));
      }),
      { numRuns: 8 },
    );
  });

  it.each([
    ['minimax', undefined, 'minimax'],
    ['minimax', true, 'density'],
    ['least-squares', undefined, 'density'],
    ['least-squares', false, 'least-squares'],
  ] as const)('fits what was made with %s, with density %s, by %s', async (method, density, expected) => {
    const activation = new PolynomialActivation({ degree: 4, bound: 10, method });
    await calibrate(activation, [tensor([1, -2, 0.5])], { ...(density !== undefined && { density }) });
    expect(activation.fit.method).toBe(expected);
  });

  it('puts running statistics and random streams back, so that the batch counts once', async () => {
    setSeed(5);
    const network = toyNetwork({}, 0.5);
    randomStream('dropout').bits();
    const normalizations = network.children().filter(([, module]) => module instanceof BatchNorm1d);
    expect(normalizations).toHaveLength(1);
    const buffers = () =>
      normalizations.flatMap(([, module]) => Array.from(module.namedBuffers(), ([, buffer]) => buffer.dataSync()));
    const before = [buffers(), randomState()];
    await calibrate(network, [tensor([1, 2, 3, 4, 5, 6, 7, 9], { shape: [2, 4] })]);
    expect(network.training).toBe(true);
    expect([buffers(), randomState()]).toEqual(before);
  });

  it('keeps polynomials that were learned, where that is wanted', async () => {
    const activation = new PolynomialActivation({ degree: 6, bound: 10 });
    noGrad(() => scope(() => activation.coefficients.assign(activation.coefficients.mul(0.5))));
    const xs = tensor(Float32Array.from({ length: 101 }, (_, i) => (i - 50) / 25));
    const valuesOf = () => noGrad(() => activation.forward(xs).dataSync());
    const before = valuesOf();
    await calibrate(activation, [xs], { quantile: 1, margin: 1.5, keepPolynomials: true });
    expect(activation.bound).toBe(3);
    for (const [i, value] of valuesOf().entries()) expect(value).toBeCloseTo(before[i]!, 4);
    await calibrate(activation, [xs], { quantile: 1, margin: 1.5 });
    expect(Math.abs(valuesOf()[100]! - before[100]!)).toBeGreaterThan(0.5);
    const byChannel = new PolynomialActivation({ degree: 6, bound: 10, channels: 2 });
    const images = tensor(new Float32Array(8).fill(1), { shape: [2, 2, 2] });
    await expect(calibrate(byChannel, [images], { keepPolynomials: true })).rejects.toThrow('for each channel');
  });

  it('takes the 0.9999 quantile times 2.5 where nothing is said', async () => {
    const activation = new PolynomialActivation({ degree: 2, bound: 1 });
    const xs = Float32Array.from({ length: 20_000 }, (_, i) => (i - 10_000) / 1000);
    const sorted = xs.map(Math.abs).sort();
    const [layer] = await calibrate(activation, [tensor(xs)]);
    expect(layer).toEqual({ name: '', quantile: sorted[19_997], bound: 2.5 * sorted[19_997]! });
  });

  it('gives every layer the bound of its own inputs, by the outputs of the targets before it', async () => {
    setSeed(5);
    const activations = [1, 2].map(() => new PolynomialActivation({ degree: 4, bound: 0.01 }));
    const network = new Sequential(new Linear(3, 5), activations[0]!, new Linear(5, 4), activations[1]!);
    for (const activation of activations) activation.approximating = false;
    const x = tensor([3, -2, 1, 0.5, 4, -6], { shape: [2, 3] });
    const [first, , second] = network.children().map(([, module]) => module);
    const [largest, next] = scope(() => {
      const hidden = first!.forward(x);
      return [hidden.abs().max().itemSync(), second!.forward(hidden.relu()).abs().max().itemSync()];
    });
    const layers = await calibrate(network, [x], { quantile: 1, margin: 2 });
    expect(layers).toEqual([
      { name: '1', quantile: largest, bound: 2 * largest! },
      { name: '3', quantile: next, bound: 2 * next! },
    ]);
    expect(activations.map(({ bound }) => bound)).toEqual(layers.map(({ bound }) => bound));
  });

  it('leaves nothing behind', async () => {
    const network = toyNetwork();
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 9], { shape: [2, 4] });
    const before = await settledMemory();
    await calibrate(network, [x, x]);
    expect(memory()).toEqual(before);
    scope(() => void network.forward(x));
    expect(memory()).toEqual(before);
  });

  it.each([
    [{ quantile: 0 }, /quantile 0 must be in/],
    [{ quantile: 1.1 }, /quantile 1.1 must be in/],
    [{ quantile: Number.NaN }, /quantile NaN must be in/],
    [{ margin: 0 }, /margin 0 positive and finite/],
    [{ margin: Number.POSITIVE_INFINITY }, /margin Infinity positive and finite/],
  ] as const)('refuses %o', async (options, message) => {
    const activation = new PolynomialActivation({ degree: 2, bound: 1 });
    await expect(calibrate(activation, [tensor([1])], options)).rejects.toThrow(message);
  });

  it.each([
    ['there are none', [], ArgumentError],
    ['all are 0', [[0, 0]], CalibrationError],
    ['one is NaN', [[1, Number.NaN, 2]], CalibrationError],
    ['one is infinite', [[1, 2], [Number.NEGATIVE_INFINITY]], CalibrationError],
  ])('refuses inputs that no bound can be based on: %s', async (_, batches, kind) => {
    const activation = new PolynomialActivation({ degree: 2, bound: 7 });
    const tensors = batches.map((xs) => tensor(xs));
    await expect(calibrate(activation, tensors, { quantile: 0.5 })).rejects.toThrow(kind);
    expect(activation.bound).toBe(7);
  });

  it('changes no layer where one of them cannot be calibrated', async () => {
    const activations = [7, 8].map((bound) => new PolynomialActivation({ degree: 2, bound }));
    const silent = new Linear(3, 2);
    silent.weight.assign(silent.weight.mul(0));
    silent.bias?.assign(silent.bias.mul(0));
    const network = new Sequential(activations[0]!, silent, activations[1]!);
    const result = calibrate(network, [tensor([1, 2, 3], { shape: [1, 3] })]);
    await expect(result).rejects.toThrow(
      'calibrate: layer 2 (PolynomialActivation): its inputs have the quantile 0 and reach 0: no bound can be based on that',
    );
    expect(activations.map(({ bound }) => bound)).toEqual([7, 8]);
  });

  it('does not move a network that is not training', async () => {
    const network = toyNetwork().eval();
    const normalization = network
      .children()
      .map(([, module]) => module)
      .find((module) => module instanceof BatchNorm1d)!;
    const before = normalization.runningMean!.dataSync();
    await calibrate(network, [tensor([1, 2, 3, 4, 5, 6, 7, 9], { shape: [2, 4] })]);
    expect(normalization.runningMean!.dataSync()).toEqual(before);
    expect(network.training).toBe(false);
  });
});
