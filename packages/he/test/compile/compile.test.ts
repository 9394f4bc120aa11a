import { mlp, resnet8, smallCnn } from '@pnn/models';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GlobalAvgPool,
  Linear,
  MaxPool2d,
  Module,
  noGrad,
  Polynomial,
  ReLU,
  Residual,
  Sequential,
  type Shape,
  Softmax,
  scope,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';

/** Parameters and statistics other than those that a network begins with, so that nothing is 0 or 1. */
async function disturb(network: Module): Promise<void> {
  let i = 0;
  for (const [name, values] of [...network.namedParameters(), ...network.namedBuffers()]) {
    if (name.endsWith('domain') || name.endsWith('coefficients') || name.endsWith('batches')) continue;
    const data = await values.data();
    const own = Array.from(data, (value) => Number(value) + 0.3 * Math.sin(++i) ** 2);
    if (values.dtype === 'float32') values.assign(tensor(own, { shape: values.shape }));
  }
}

async function expectSame(network: Module, inputShape: Shape): Promise<void> {
  network.eval();
  const size = inputShape.reduce((product, length) => product * length, 1);
  const sample = Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i));
  const program = await programOf(network, inputShape);
  const { logits } = runProgram(program, sample);
  const output = scope(() =>
    noGrad(() =>
      network
        .forward(tensor(sample, { shape: [1, ...inputShape] }))
        .dataSync()
        .slice(),
    ),
  );
  expect(logits).toHaveLength(output.length);
  const largest = Math.max(1, ...Array.from(output, Math.abs));
  for (const [i, value] of output.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-4 * largest);
}

const activation = (degree: number) => () => new PolynomialActivation({ degree, bound: 12 });

test.each([2, 3, 4, 8, 16, 22, 27, 32])('networks of degree %i are what they are, in either order', async (degree) => {
  for (const order of ['normalization-first', 'activation-first'] as const) {
    const options = { classes: 3, activation: activation(degree), order };
    const networks: [Module, Shape][] = [
      [mlp({ inputs: 12, hidden: [7, 5], dropout: 0.5, ...options }), [12]],
      [smallCnn({ channels: 2, height: 6, width: 6, filters: [3], ...options }), [2, 6, 6]],
    ];
    for (const [network, shape] of networks) await expectSame(network, shape);
  }
});

test('a residual network', async () => {
  const network = resnet8({ channels: 1, classes: 2, activation: activation(2) });
  const { layers } = await programOf(network, [1, 6, 6]);
  expect(layers).toHaveLength(7);
  expect(network.training).toBe(true);
  await expectSame(network, [1, 6, 6]);
});

test('convolutions of any stride, padding, dilation and groups, with normalization behind polynomials', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        kernel: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 2 }),
        padding: fc.integer({ min: 0, max: 1 }),
        dilation: fc.integer({ min: 1, max: 2 }),
        groups: fc.constantFrom(1, 2),
        normalizedFirst: fc.boolean(),
        pooling: fc.constantFrom(new AvgPool2d(2), new GlobalAvgPool(), new Flatten()),
      }),
      async ({ kernel, stride, padding, dilation, groups, normalizedFirst, pooling }) => {
        const act = new PolynomialActivation({ degree: 2, bound: 20 });
        const norm = new BatchNorm2d(4);
        const body = new Sequential(
          new Conv2d(2, 4, kernel, { stride, padding, dilation, groups }),
          ...(normalizedFirst ? [norm, act] : [act, norm]),
          new Conv2d(4, 4, 3, { padding: 1 }),
        );
        const network = new Sequential(body, pooling, new Flatten());
        await disturb(network);
        await expectSame(network, [2, 9, 8]);
      },
    ),
    { numRuns: 12 },
  );
});

test('average pooling with padding, which counts or does not, and with windows that hang over the edge', async () => {
  for (const options of [{ padding: 1 }, { padding: 1, countIncludePad: false }, { stride: 2, ceilMode: true }]) {
    await expectSame(new Sequential(new AvgPool2d(3, options), new Flatten()), [2, 6, 7]);
  }
});

/** Whatever a forward computes. */
class Own extends Module {
  readonly layer = new Linear(4, 4);
  readonly #compute: (x: Tensor) => Tensor;

  constructor(compute: (x: Tensor) => Tensor) {
    super();
    this.#compute = compute;
  }

  override forward(x: Tensor): Tensor {
    return this.#compute(this.layer.forward(x));
  }
}

test.each<[string, (x: Tensor) => Tensor]>([
  ['squares and powers', (x) => x.mul(x).add(x.pow(3)).sub(x.square().mul(0.5))],
  [
    'movements',
    (x) =>
      x
        .reshape([2, 2])
        .transpose()
        .pad(
          [
            [0, 0],
            [1, 1],
          ],
          2,
        )
        .flatten()
        .slice([[1, 7]])
        .neg(),
  ],
  ['sums', (x) => x.sum().add(x.mean(1)).div(3)],
  [
    'constants in front of and behind',
    (x) =>
      tensor([[2, 3, 4, 5]])
        .mul(x)
        .add(1)
        .square()
        .sub(tensor([1, 2, 3, 4])),
  ],
])('%s of an own forward', async (_, compute) => {
  await expectSame(new Own(compute), [4]);
});

test('a polynomial for each channel, learned ones, and those of degree 1', async () => {
  const perChannel = new PolynomialActivation({ degree: 4, bound: 10, channels: 3, learnable: true });
  await disturb(perChannel);
  perChannel.coefficients.assign(
    tensor([
      [1, 2, 1, 2],
      [2, 1, 1, -1],
      [1, 1, 2, 3],
    ]),
  );
  await expectSame(new Sequential(new Conv2d(1, 3, 2), perChannel, new Flatten()), [1, 4, 4]);
  const line = new Polynomial({ basis: 'monomial', powers: [1, 2] }, { bound: 5 });
  await expectSame(new Sequential(new Linear(3, 3), line), [3]);
});

test.each<[string, () => Module, string]>([
  [
    'ReLU',
    () => new Sequential(new Linear(4, 4), new ReLU()),
    'layer 1 (ReLU): relu cannot be computed on encrypted numbers: use a PolynomialActivation',
  ],
  [
    'max pooling',
    () => new Sequential(new Conv2d(1, 1, 1), new MaxPool2d(2)),
    'layer 1 (MaxPool2d): maxPool2d cannot be computed on encrypted numbers: use AvgPool2d',
  ],
  ['softmax', () => new Sequential(new Linear(4, 4), new Softmax()), 'layer 1 (Softmax): '],
  ['a product of two', () => new Own((x) => x.mul(x.add(1).square())), 'a product of two different encrypted tensors'],
  ['a division', () => new Own((x) => x.reciprocal()), 'reciprocal cannot be computed'],
  [
    'the target of a warm-up',
    () => {
      const act = new PolynomialActivation({ degree: 4, bound: 10 });
      act.approximating = false;
      return new Sequential(new Linear(4, 4), act);
    },
    'layer 1 (PolynomialActivation): relu cannot be',
  ],
  ['a degree beyond 32', () => new Own((x) => x.pow(33)), 'the exponent must be one whole number from 1 to 32'],
])('%s is refused: the layer and the remedy are named', async (name, make, message) => {
  await expect(programOf(make(), name === 'max pooling' ? [1, 2, 2] : [4])).rejects.toThrow(message);
});

test('dropout and residual sums', async () => {
  await expectSame(
    new Sequential(
      new Residual(new Sequential(new Linear(5, 5), activation(4)(), new Dropout(0.5))),
      activation(2)(),
      new Linear(5, 2),
    ),
    [5],
  );
});
