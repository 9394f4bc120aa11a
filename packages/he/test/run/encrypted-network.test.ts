import { mlp, smallCnn } from '@pnn/models';
import { AvgPool2d, BatchNorm2d, Conv2d, Flatten, GlobalAvgPool, Linear, Residual, Sequential } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/compile.js';
import { expectSameOnSlots as expectSame, samplesOf } from './expect-same-on-slots.js';

const activation = (degree: number) => () => new PolynomialActivation({ degree, bound: 10 });

test.each([2, 3, 4, 5, 8, 13, 16, 22, 32])(
  'an MLP of degree %i: levels, scales, keys and results are right',
  async (degree) => {
    await expectSame(mlp({ inputs: 30, hidden: [20], classes: 3, activation: activation(degree) }), [30]);
  },
);

test('several layers and either order', async () => {
  const options = { classes: 5, activation: activation(4), order: 'activation-first' } as const;
  await expectSame(mlp({ inputs: 100, hidden: [30, 17], ...options }), [100]);
  await expectSame(smallCnn({ channels: 1, height: 12, width: 12, filters: [4], ...options }), [1, 12, 12]);
});

test('a strided convolution takes no rotations: the client has laid out its input', async () => {
  const network = new Sequential(
    new Conv2d(1, 16, 5, { stride: 2 }),
    new BatchNorm2d(16),
    activation(2)(),
    new Flatten(),
    new Linear(2304, 10),
  );
  const plan = await expectSame(network, [1, 28, 28]);
  expect(plan.gathers).toHaveLength(25);
  expect(plan.layers[0]!.map.matvec.diagonals.every(({ baby, giant }) => baby === 0 && giant === 0)).toBe(true);
  expect(plan.cost.counts.rotate).toBe(15);
});

test('convolutions behind convolutions, and more elements than slots', async () => {
  const network = new Sequential(
    new Conv2d(2, 6, 3, { padding: 1 }),
    activation(2)(),
    new AvgPool2d(5),
    new Conv2d(6, 3, 3),
    activation(2)(),
    new Flatten(),
    new Linear(27, 2),
  );
  const plan = await expectSame(network, [2, 28, 28]);
  expect(plan.layers[0]!.map.matvec.layout.ciphertexts).toBe(2);
});

test('a residual network', async () => {
  const block = () =>
    new Residual(new Sequential(new Conv2d(3, 3, 3, { padding: 1 }), activation(2)(), new Conv2d(3, 3, 1)));
  const network = new Sequential(
    new Conv2d(1, 3, 1),
    activation(4)(),
    block(),
    activation(2)(),
    block(),
    new GlobalAvgPool(),
  );
  await expectSame(new Sequential(network, new Flatten(), new Linear(3, 2)), [1, 4, 4]);
});

test('a polynomial for each channel', async () => {
  const perChannel = new PolynomialActivation({ degree: 8, bound: 10, channels: 3 });
  await expectSame(new Sequential(new Conv2d(1, 3, 2), perChannel, new Flatten(), new Linear(27, 4)), [1, 4, 4]);
});

test('dense layers of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
      async (inputs, hidden, outputs) => {
        await expectSame(new Sequential(new Linear(inputs, hidden), activation(2)(), new Linear(hidden, outputs)), [
          inputs,
        ]);
      },
    ),
    { numRuns: 8 },
  );
});

test('what cannot be precise enough is refused with remedies', async () => {
  const network = mlp({ inputs: 8, hidden: [8, 8, 8, 8, 8, 8], classes: 2, activation: activation(22) });
  await expect(compile(network, { input: [8], calibrate: samplesOf([8]) })).rejects.toThrow(
    /levels: degree 16 instead of 22 saves a level, or .* let the client refresh, if it may know the network/,
  );
  const small = mlp({ inputs: 8, hidden: [8], classes: 2, activation: activation(2) });
  await expect(compile(small, { input: [8], calibrate: samplesOf([8]), precision: 1e-14 })).rejects.toThrow(
    /errors of logits stay above 1e-14/,
  );
  await expect(compile(small, { input: [9], calibrate: samplesOf([8]) })).rejects.toThrow('do not fit');
});

test('a plan says what it takes, and its hash is that of what the server computes with', async () => {
  const network = mlp({ inputs: 8, hidden: [8], classes: 2, activation: activation(2) });
  const make = () => compile(network, { input: [8], calibrate: samplesOf([8]) });
  const [first, second] = [await make(), await make()];
  expect(first.hash).toBe(second.hash);
  expect(`${first}`).toMatch(/CKKS with N = 8192 .* 128-bit secure/);
  expect(`${first}`).toMatch(/layer 3 \(PolynomialActivation\)\s+degree 2/);
  expect(`${first}`).toMatch(/server: about \d+ ms with SEAL/);
  const { layers } = first.certificate;
  expect(layers[0]!.observed).toBeLessThanOrEqual(layers[0]!.provable!);
  const [, weight] = [...network.namedParameters()][0]!;
  weight.assign(weight.mul(1.5).detach());
  expect((await make()).hash).not.toBe(first.hash);
});
