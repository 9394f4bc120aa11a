import { mlp } from '@pnn/models';
import { ArrayDataset } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { PolynomialActivation } from '@pnn/pnn';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { compile, EncryptedNetwork, openSeal, SealEvaluator, WasmEvaluator } from '../../src/index.js';

enableRelaxedSimd();

/** What the plan is asked for. */
const PRECISION = 1e-2;

test('a network has the logits of the plan on our evaluator, the same on any number of threads, and memory stays', async () => {
  const inputs = 40;
  const network = mlp({
    inputs,
    hidden: [16],
    classes: 5,
    activation: () => new PolynomialActivation({ degree: 4, bound: 6 }),
  });
  const sample = Float64Array.from({ length: inputs }, (_, i) => (1 + Math.sin(i * i)) / 2);
  const calibrate = new ArrayDataset({
    inputs: Float32Array.from({ length: 4 * inputs }, (_, i) => (1 + Math.sin(1.3 * i * i)) / 2),
    inputShape: [inputs],
    labels: new Int32Array(4),
  });
  const plan = await compile(network, { input: [inputs], calibrate, precision: PRECISION });
  const context = (await openSeal()).context(plan.parameters);
  const secret = context.createSecretKey();
  const keys = {
    relinearization: context.createRelinearizationKeys(secret),
    galois: context.createGaloisKeys(secret, plan.rotations),
  };
  const client = plan.client();
  const messages = client.gathers.map((gather) => {
    const plaintext = context.encode(
      Float64Array.from(gather, (i) => (i < 0 ? 0 : sample[i]!)),
      client.input.scale,
    );
    const message = context.encrypt(plaintext, secret);
    plaintext.delete();
    return message;
  });
  const slots = client.degree / 2;
  const decrypted = (results: readonly Uint8Array[]): number[] => {
    const vectors = results.map((bytes) => {
      const ciphertext = context.loadCiphertext(bytes);
      const plaintext = context.decrypt(ciphertext, secret);
      const values = context.decode(plaintext);
      plaintext.delete();
      ciphertext.delete();
      return values;
    });
    return client.output.places.map((place) => vectors[Math.floor(place / slots)]![place % slots]!);
  };
  const { logits } = runProgram(await programOf(network, [inputs], null), sample);
  const expectLogits = (values: readonly number[]) => {
    for (const [i, logit] of logits.entries()) expect(Math.abs(values[i]! - logit)).toBeLessThan(PRECISION);
  };

  const results = [1, 3].map((threads) => {
    const evaluator = new WasmEvaluator(plan.parameters, keys, { threads });
    const encrypted = new EncryptedNetwork(plan, evaluator);
    const result = encrypted.run(messages);
    const before = { memory: evaluator.memoryBytes, live: encrypted.live };
    for (let i = 0; i < 5; i++) encrypted.run(messages);
    expect({ memory: evaluator.memoryBytes, live: encrypted.live }).toEqual(before);
    encrypted.dispose();
    return result;
  });
  expectLogits(decrypted(results[0]!));
  expect(Buffer.compare(Buffer.concat(results[0]!), Buffer.concat(results[1]!))).toBe(0);
  const reference = new EncryptedNetwork(plan, new SealEvaluator(context, plan.parameters, keys));
  expectLogits(decrypted(reference.run(messages)));
  secret.delete();
  reference.dispose();
});
