import { mlp } from '@pnn/models';
import { ArrayDataset, setSeed } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { PolynomialActivation } from '@pnn/pnn';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { logitsOf } from '../../src/client/logits.js';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { compile } from '../../src/compile.js';
import { WasmEvaluator } from '../../src/evaluator/index.js';
import type { Plan } from '../../src/plan/plan.js';
import { EncryptedNetwork } from '../../src/run/encrypted-network.js';
import type { Handle, SealContext } from '../../src/seal/context.js';
import { openSeal } from '../../src/seal/library.js';

enableRelaxedSimd();

/** Contexts take a second each, and many networks have the same parameters. */
const contexts = new Map<string, { readonly context: SealContext; readonly secret: Handle }>();
afterAll(() => {
  for (const { context, secret } of contexts.values()) {
    secret.delete();
    context.delete();
  }
});

async function contextOf({ parameters }: Plan) {
  const name = parameters.bits.join();
  const known = contexts.get(name);
  if (known) return known;
  const context = (await openSeal()).context(parameters);
  const made = { context, secret: context.createSecretKey() };
  contexts.set(name, made);
  return made;
}

const networks = fc.record({
  seed: fc.nat(),
  inputs: fc.integer({ min: 1, max: 60 }),
  hidden: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 1, max: 5 }),
  degree: fc.constantFrom(2, 4),
  bound: fc.integer({ min: 2, max: 10 }),
  samples: fc.integer({ min: 1, max: 4 }),
});

test('errors of logits stay below the bound of the plan, however few samples and logits there are', async () => {
  await fc.assert(
    fc.asyncProperty(networks, async ({ seed, inputs, hidden, classes, degree, bound, samples }) => {
      setSeed(seed);
      const activation = () => new PolynomialActivation({ degree, bound });
      const network = mlp({ inputs, hidden: [hidden], classes, activation });
      const values = Float32Array.from({ length: samples * inputs }, (_, i) => (1 + Math.sin(seed + 1.3 * i * i)) / 2);
      const calibrate = new ArrayDataset({ inputs: values, inputShape: [inputs], labels: new Int32Array(samples) });
      const plan = await compile(network, { input: [inputs], calibrate });
      const program = await programOf(network, [inputs], null);
      const { context, secret } = await contextOf(plan);
      const evaluator = new WasmEvaluator(
        plan.parameters,
        {
          relinearization: context.createRelinearizationKeys(secret),
          ...(plan.rotations.length > 0 && { galois: context.createGaloisKeys(secret, plan.rotations) }),
        },
        { threads: 1 },
      );
      const encrypted = new EncryptedNetwork(plan, evaluator);
      for (let sample = 0; sample < samples; sample++) {
        const input = values.subarray(sample * inputs, (sample + 1) * inputs);
        const messages = plan.gathers.map((gather) => {
          const plaintext = context.encode(
            Float64Array.from(gather, (place) => (place < 0 ? 0 : input[place]!)),
            plan.input.scale,
          );
          const message = context.encrypt(plaintext, secret);
          plaintext.delete();
          return message;
        });
        const results = encrypted.run(messages).map((bytes) => {
          const ciphertext = context.loadCiphertext(bytes);
          const plaintext = context.decrypt(ciphertext, secret);
          const numbers = context.decode(plaintext);
          for (const handle of [ciphertext, plaintext]) handle.delete();
          return numbers;
        });
        const logits = logitsOf(plan.client(), results);
        runProgram(program, input).logits.forEach((logit, i) => {
          expect(Math.abs(logits[i]! - logit)).toBeLessThan(plan.errorBound);
        });
      }
      encrypted.dispose();
    }),
    { numRuns: 3 },
  );
});
