import { ArrayDataset, Conv2d, Flatten, Linear, Sequential } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { beforeAll, expect, test } from 'vitest';
import { BatchNetwork } from '../../src/batch/batch-network.js';
import type { EvaluationKeys, Evaluator } from '../../src/ckks/evaluator.js';
import { withPrimes } from '../../src/ckks/parameters.js';
import { compile } from '../../src/compile.js';
import { PlanError } from '../../src/errors.js';
import { openSeal, type SealLibrary } from '../../src/index.js';
import { SealTeam } from '../../src/node/seal-team.js';
import { EncryptedNetwork } from '../../src/run/encrypted-network.js';
import type { Handle, SealContext } from '../../src/seal/context.js';
import { SealEvaluator } from '../../src/seal/seal-evaluator.js';

/** A convolution, an activation and a linear layer: rotations, products and several results for each. */
const shape = [1, 6, 6];
const network = new Sequential(
  new Conv2d(1, 3, 3, { stride: 2 }),
  new PolynomialActivation({ degree: 2, bound: 6 }),
  new Flatten(),
  new Linear(12, 5),
);
const inputs = Float32Array.from({ length: 4 * 36 }, (_, i) => (1 + Math.sin(1.3 * i * i)) / 2);
const calibrate = new ArrayDataset({ inputs, inputShape: shape, labels: new Int32Array(4) });

let seal: SealLibrary;
beforeAll(async () => {
  seal = await openSeal();
});

/** Runs on SEAL alone and on a team, and expects the same bytes. */
async function expectSameBits(
  context: SealContext,
  secret: Handle,
  keys: EvaluationKeys,
  parameters: Evaluator['parameters'],
  run: (evaluator: Evaluator) => readonly Uint8Array[],
): Promise<void> {
  const reference = new SealEvaluator(seal.context(parameters), parameters, keys);
  const expected = Buffer.concat(run(reference));
  reference.dispose();
  const team = await SealTeam.start(parameters, keys, 2);
  try {
    const expectBits = () => expect(Buffer.compare(Buffer.concat(run(team)), expected)).toBe(0);
    expectBits();
    const { live } = team;
    expectBits();
    expect(team.live).toBe(live);
  } finally {
    team.dispose();
  }
  secret.delete();
  context.delete();
}

function encrypted(context: SealContext, secret: Handle, values: Float64Array, scale: number): Uint8Array {
  const plaintext = context.encode(values, scale);
  const message = context.encrypt(plaintext, secret);
  plaintext.delete();
  return message;
}

test('a batch has the bits of SEAL on two threads', async () => {
  const plan = await compile(network, { input: shape, calibrate, layout: 'batch' });
  const context = seal.context(plan.parameters);
  const secret = context.createSecretKey();
  const messages = plan.elements.map((element) =>
    encrypted(context, secret, new Float64Array(plan.images).fill(Math.sin(element)), plan.input.scale),
  );
  const keys = { relinearization: context.createRelinearizationKeys(secret) };
  await expectSameBits(context, secret, keys, plan.parameters, (evaluator) => {
    const batch = new BatchNetwork(plan, evaluator);
    batch.load(messages);
    return batch.run();
  });
});

test('one input has the bits of SEAL on two threads', async () => {
  const plan = await compile(network, { input: shape, calibrate });
  const context = seal.context(plan.parameters);
  const secret = context.createSecretKey();
  const messages = plan.gathers.map((gather) =>
    encrypted(
      context,
      secret,
      Float64Array.from(gather, (i) => (i < 0 ? 0 : inputs[i]!)),
      plan.input.scale,
    ),
  );
  const keys = {
    relinearization: context.createRelinearizationKeys(secret),
    galois: context.createGaloisKeys(secret, plan.rotations),
  };
  const networks = new Map<Evaluator, EncryptedNetwork>();
  await expectSameBits(context, secret, keys, plan.parameters, (evaluator) => {
    const own = networks.get(evaluator) ?? new EncryptedNetwork(plan, evaluator);
    networks.set(evaluator, own);
    return own.run(messages);
  });
});

test('what a thread cannot compute is an error at the result, and the team goes on', async () => {
  const parameters = withPrimes({ degree: 4096, bits: [36, 30, 36] });
  const context = seal.context(parameters);
  const secret = context.createSecretKey();
  const message = encrypted(context, secret, new Float64Array(2048).fill(0.5), 2 ** 20);
  const team = await SealTeam.start(parameters, {}, 2);
  const x = team.load(message);
  // There is no key.
  const rotated = team.rotate(x, 1);
  expect(() => team.save(rotated)).toThrow(/no keys to rotate by 1/);
  expect(() => team.save(rotated)).toThrow(PlanError);
  const copy = team.rotate(x, 0);
  expect(team.save(copy).length).toBeGreaterThan(1000);
  for (const each of [x, rotated, copy]) each.dispose();
  expect(team.live).toBe(0);
  expect(() => team.save(copy)).toThrow('disposed of');
  team.dispose();
  secret.delete();
  context.delete();
});
