import {
  type AdamSettings,
  ArgumentError,
  DTypeError,
  euclideanNorm,
  reference,
  type SgdSettings,
  scope,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference } from './oracle.js';

const float64 = { dtype: 'float64' } as const;
const { kernels } = reference;

const numbers = fc.array(
  fc.tuple(fc.integer({ min: -9, max: 9 }), fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 4, maxLength: 4 })),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe('the kernels of the optimizers', () => {
  it('sgd follows its formula over several steps (Sutskever et al., ICML 2013)', () => {
    const settings = fc.record({
      learningRate: fc.constantFrom(0.1, 0.01),
      momentum: fc.constantFrom(0, 0.9),
      dampening: fc.constantFrom(0, 0.5),
      weightDecay: fc.constantFrom(0, 0.1),
      nesterov: fc.boolean(),
    });
    fc.assert(
      fc.property(numbers, settings, (cells, options) =>
        scope(() => {
          const parameter = tensor(
            cells.map(([start]) => start),
            float64,
          );
          const velocity = options.momentum > 0 ? zeros([cells.length], float64) : undefined;
          for (let step = 0; step < 4; step++) {
            const gradient = tensor(
              cells.map(([, slopes]) => slopes[step]!),
              float64,
            );
            const given: SgdSettings = { ...options, first: step === 0 };
            kernels.sgd(parameter, gradient, velocity, given);
          }
          const expected = cells.map(([start, slopes]) => {
            let [x, v] = [start, 0];
            slopes.forEach((slope, step) => {
              const g = slope + options.weightDecay * x;
              v = step === 0 ? g : options.momentum * v + (1 - options.dampening) * g;
              const direction = options.momentum === 0 ? g : options.nesterov ? g + options.momentum * v : v;
              x -= options.learningRate * direction;
            });
            return x;
          });
          parameter.dataSync().forEach((value, i) => {
            expect(difference(value, expected[i]!)).toBeLessThan(1e-13);
          });
        }),
      ),
    );
  });

  it('adam follows its formula over several steps (Kingma & Ba; Loshchilov & Hutter)', () => {
    const settings = fc.record({
      learningRate: fc.constantFrom(0.1, 0.01),
      beta1: fc.constantFrom(0.9, 0.5),
      beta2: fc.constantFrom(0.999, 0.9),
      epsilon: fc.constantFrom(1e-8, 1e-3),
      weightDecay: fc.constantFrom(0, 0.1),
      decoupled: fc.boolean(),
    });
    fc.assert(
      fc.property(numbers, settings, (cells, options) =>
        scope(() => {
          const parameter = tensor(
            cells.map(([start]) => start),
            float64,
          );
          const moments = [zeros([cells.length], float64), zeros([cells.length], float64)] as const;
          for (let step = 1; step <= 4; step++) {
            const gradient = tensor(
              cells.map(([, slopes]) => slopes[step - 1]!),
              float64,
            );
            const given: AdamSettings = { ...options, step };
            kernels.adam(parameter, gradient, ...moments, given);
          }
          const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled } = options;
          const expected = cells.map(([start, slopes]) => {
            let [x, m, v] = [start, 0, 0];
            slopes.forEach((slope, i) => {
              const g = slope + (decoupled ? 0 : weightDecay * x);
              if (decoupled) x -= learningRate * weightDecay * x;
              m = beta1 * m + (1 - beta1) * g;
              v = beta2 * v + (1 - beta2) * g * g;
              const [unbiasedM, unbiasedV] = [m / (1 - beta1 ** (i + 1)), v / (1 - beta2 ** (i + 1))];
              x -= (learningRate * unbiasedM) / (Math.sqrt(unbiasedV) + epsilon);
            });
            return x;
          });
          parameter.dataSync().forEach((value, i) => {
            expect(difference(value, expected[i]!)).toBeLessThan(1e-12);
          });
        }),
      ),
    );
  });

  it('scale multiplies in place by a scalar', () => {
    scope(() => {
      const x = tensor([1, -2, 3]);
      kernels.scale(x, tensor(0.5));
      expect([...x.dataSync()]).toEqual([0.5, -1, 1.5]);
    });
  });

  it('uniform draws the words of the stream, 24 bits of each in single precision', () => {
    scope(() => {
      const stream = { seed: 4, stream: 'noise', position: 3, shard: 0 };
      const [single, double] = [zeros([50]), zeros([50], float64)];
      kernels.uniform(single, stream);
      kernels.uniform(double, stream);
      double.dataSync().forEach((value, i) => {
        expect(value * 2 ** 32).toBe(Math.floor(value * 2 ** 32));
        expect(single.dataSync()[i]).toBe(Math.floor(value * 2 ** 24) / 2 ** 24);
      });
    });
  });
});

describe('euclideanNorm', () => {
  it('is that of all tensors taken as one vector, of their type', () => {
    scope(() => {
      const norm = euclideanNorm([tensor([[3, 0]]), zeros([0]), tensor(-4)]);
      expect([norm.shape, norm.dtype, norm.itemSync()]).toEqual([[], 'float32', 5]);
    });
  });

  it('needs tensors of one floating type', () => {
    scope(() => {
      expect(() => euclideanNorm([])).toThrow(ArgumentError);
      expect(() => euclideanNorm([tensor([1]), tensor([1], float64)])).toThrow(DTypeError);
      expect(() => euclideanNorm([tensor(Int32Array.of(1))])).toThrow(DTypeError);
    });
  });
});
