import {
  ArgumentError,
  Generator,
  Linear,
  MaxPool2d,
  Module,
  memory,
  noGrad,
  Sequential,
  type Tensor,
  tensor,
} from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Box,
  encloseNetwork,
  farthestInputs,
  PolynomialActivation,
  polynomialActivations,
  TargetActivation,
} from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import { kinds, randomNetwork } from './random-network.js';

/** The inputs of every polynomial activation, sample by sample. */
async function inputsOf(network: Module, samples: Tensor): Promise<Float32Array[]> {
  const seen: Promise<Float32Array>[] = [];
  const removers = polynomialActivations(network).map(([, activation], i) =>
    activation.addForwardHook((_, [x]) => {
      seen[i] = x!.data() as Promise<Float32Array>;
    }),
  );
  noGrad(() => network.forward(samples));
  for (const remove of removers) remove();
  return Promise.all(seen);
}

/** Samples in a box: random ones, and corners. */
function samplesIn({ low, high }: Box, count: number, generator: Generator): Float32Array {
  return Float32Array.from({ length: count * low.length }, (_, k) => {
    const [i, row] = [k % low.length, Math.floor(k / low.length)];
    const share = row % 3 === 0 ? generator.uniform() : generator.uniform() < 0.5 ? 0 : 1;
    return Math.min(high[i]!, Math.max(low[i]!, low[i]! + share * (high[i]! - low[i]!)));
  });
}

/** A box whose ends are numbers of single precision. */
function boxOf(size: number, width: number, generator: Generator): Box {
  const low = Float64Array.from({ length: size }, () => Math.fround(generator.uniform() - 0.5));
  return { low, high: low.map((each) => Math.fround(each + width)) };
}

describe('encloseNetwork', () => {
  it('is never left by random inputs, corners or inputs that were searched', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.integer({ min: 2, max: 16 }),
        fc.constantFrom(0.05, 0.5, 2),
        fc.constantFrom(2, 6),
        fc.nat(1e6),
        async (kind, degree, width, bound, seed) => {
          const generator = new Generator(seed, 'boxes');
          const { network, inputShape } = randomNetwork(kind, degree, bound, seed);
          const box = boxOf(32, width, generator);
          const enclosure = await encloseNetwork(network, inputShape, box, { rows: 16 });
          const starts = tensor(samplesIn(box, 24, generator), { shape: [24, ...inputShape] });
          const found = await farthestInputs(network, starts, box, { steps: 8 });
          const searched = found.map(({ samples }) => tensor(samples, { shape: starts.shape }));
          for (const samples of [starts, ...searched]) {
            const inputs = await inputsOf(network, samples);
            inputs.forEach((x, layer) => {
              const { low, high } = enclosure[layer]!.box;
              // Of ∞ − ∞ nothing is said.
              const isInside = x.every((value, k) => {
                const [from, to] = [low[k % low.length]!, high[k % low.length]!];
                return (value >= from && value <= to) || to - from === Infinity;
              });
              expect(isInside, `${kind}, layer ${layer}`).toBe(true);
            });
          }
          found.forEach(({ reached }, i) => {
            expect(Math.max(...reached)).toBeLessThanOrEqual(enclosure[i]!.largest);
            expect(enclosure[i]!.largest).toBeLessThanOrEqual(enclosure[i]!.byIntervals);
          });
        },
      ),
      { numRuns: 12 },
    );
  });

  it('is exact but for rounding where all is linear, and where terms cancel', async () => {
    /** Half of a line, as x − x + x/2. */
    class Cancelling extends Module {
      readonly linear = new Linear(4, 3);
      readonly first = new PolynomialActivation({ degree: 2, bound: 5 });

      override forward(x: Tensor): Tensor {
        const y = this.linear.forward(x);
        return this.first.forward(y.add(y.mul(-1)).add(y.mul(0.5)));
      }
    }
    const network = new Cancelling().eval();
    const box = { low: new Float64Array(4).fill(-1), high: new Float64Array(4).fill(1) };
    const [layer] = await encloseNetwork(network, [4], box);
    const weight = Float32Array.from(await network.linear.weight.data());
    const bias = await network.linear.bias!.data();
    const largest = [0, 1, 2].map(
      (i) => 0.5 * (Math.abs(bias[i]!) + weight.subarray(4 * i, 4 * i + 4).reduce((sum, w) => sum + Math.abs(w), 0)),
    );
    expect(layer!.largest).toBeGreaterThanOrEqual(Math.max(...largest));
    expect(layer!.largest).toBeLessThan(Math.max(...largest) * (1 + 1e-4));
    expect(layer!.byIntervals).toBeGreaterThan(3 * layer!.largest);
  });

  it('leaves no tensor behind', async () => {
    const { network, inputShape } = randomNetwork('residual', 4, 3, 2);
    const box = boxOf(32, 0.5, new Generator(1, 'boxes'));
    const starts = tensor(samplesIn(box, 4, new Generator(2, 'boxes')), { shape: [4, ...inputShape] });
    const run = async () => {
      await encloseNetwork(network, inputShape, box, { rows: 16 });
      await farthestInputs(network, starts, box, { steps: 3 });
    };
    await run();
    const { tensors } = await settledMemory();
    await run();
    expect(memory().tensors).toBe(tensors);
  });

  it('bounds nothing where numbers overflow', async () => {
    const { network, inputShape } = randomNetwork('mlp', 16, 0.001, 3);
    const box = { low: new Float64Array(32).fill(-1e30), high: new Float64Array(32).fill(1e30) };
    const layers = await encloseNetwork(network, inputShape, box);
    expect(layers.at(-1)!.largest).toBe(Infinity);
    const starts = tensor(samplesIn(box, 3, new Generator(1, 'boxes')), { shape: [3, ...inputShape] });
    const found = await farthestInputs(network, starts, box, { steps: 2 });
    expect(found.at(-1)!.reached.every((reach) => reach === Infinity)).toBe(true);
  });

  it.each([
    ['maxPool2d', () => new MaxPool2d(1)],
    ['relu', () => new TargetActivation('relu')],
  ])('refuses %s by a sentence', async (operator, layer) => {
    const { network } = randomNetwork('cnn', 4, 3, 1);
    const refused = new Sequential(layer(), network).eval();
    const box = { low: new Float64Array(32), high: new Float64Array(32).fill(1) };
    const call = encloseNetwork(refused, [2, 4, 4], box);
    await expect(call).rejects.toThrow(ArgumentError);
    await expect(call).rejects.toThrow(`certify: layer 0 (`);
    await expect(call).rejects.toThrow(`computes ${operator}, of which no bounds are known`);
  });
});
