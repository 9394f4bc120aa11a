import { expect, test } from 'vitest';
import type { Ciphertext, Evaluator } from '../../src/ckks/evaluator.js';
import { withPrimes } from '../../src/ckks/parameters.js';
import { WasmEvaluator } from '../../src/evaluator/index.js';
import { NoisySlots } from '../../src/plan/noisy-slots.js';
import { openSeal } from '../../src/seal/library.js';

/** A large special prime makes errors of divisions the larger ones, a small one those of keys. */
const cases = [
  { bits: [34, 30, 44], name: 'a special prime that is much larger than the others' },
  { bits: [36, 30, 36], name: 'a special prime of the size of the others' },
];
/** Errors of keys are products with the value of the key in a slot, which the model takes for normal numbers, too. */
const TOLERANCE = 0.3;
const degree = 4096;
const slots = degree / 2;
const SCALE = 2 ** 28;
const numbers = (seed: number) => Float64Array.from({ length: slots }, (_, i) => Math.sin(seed + i * i));

const x = numbers(1);
const y = numbers(3);
const products = x.map((value, i) => value * y[i]!);
const rotated = x.map((_, i) => x[(i + 8) % slots]!);

interface Computation {
  readonly name: string;
  readonly compute: (evaluator: Evaluator, x: Ciphertext) => Ciphertext;
  readonly wanted: Float64Array;
}

const computations: readonly Computation[] = [
  { name: 'encrypt', compute: (evaluator, a) => evaluator.rotate(a, 0), wanted: x },
  { name: 'rotate', compute: (evaluator, a) => evaluator.rotate(a, 8), wanted: rotated },
  { name: 'rotate many', compute: (evaluator, a) => evaluator.rotateMany(a, [1, 8])[1]!, wanted: rotated },
  {
    name: 'multiply plain',
    compute: (evaluator, a) => evaluator.multiplyPlain(a, evaluator.encode(y, 2 ** 20, a.level)),
    wanted: products,
  },
  {
    name: 'rescale',
    compute: (evaluator, a) => {
      const product = evaluator.multiplyPlain(a, evaluator.encode(y, 2 ** 25, a.level));
      evaluator.rescaleInPlace(product);
      return product;
    },
    wanted: products,
  },
  {
    name: 'square',
    compute: (evaluator, a) => {
      const square = evaluator.square(a);
      evaluator.relinearizeInPlace(square);
      return square;
    },
    wanted: x.map((value) => value * value),
  },
];

const quantile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(share * values.length)]!;

test.each(cases)('errors of encryption have the size that the model gives them, for $name', async ({ bits }) => {
  const parameters = withPrimes({ degree, bits });
  const context = (await openSeal()).context(parameters);
  const secret = context.createSecretKey();
  const evaluator = new WasmEvaluator(
    parameters,
    {
      relinearization: context.createRelinearizationKeys(secret),
      galois: context.createGaloisKeys(secret, [1, 8]),
    },
    { threads: 1 },
  );
  const noisy = new NoisySlots(parameters);
  const decrypted = (result: Ciphertext) => {
    const ciphertext = context.loadCiphertext(evaluator.save(result));
    const plaintext = context.decrypt(ciphertext, secret);
    const values = context.decode(plaintext);
    for (const handle of [ciphertext, plaintext]) handle.delete();
    return values;
  };
  const encoded = context.encode(x, SCALE);
  for (const { name, compute, wanted } of computations) {
    const measured: number[] = [];
    const modeled: number[] = [];
    for (let draw = 0; draw < 8; draw++) {
      noisy.drawSecret();
      const values = decrypted(compute(evaluator, evaluator.load(context.encrypt(encoded, secret))));
      const model = NoisySlots.numbers(noisy.save(compute(noisy, noisy.load(NoisySlots.message(x, 1, SCALE)))));
      for (let slot = 0; slot < slots; slot++) {
        measured.push(Math.abs(values[slot]! - wanted[slot]!));
        modeled.push(Math.abs(model[slot]! - wanted[slot]!));
      }
    }
    for (const share of [0.5, 0.95]) {
      const [found, expected] = [quantile(measured, share), quantile(modeled, share)];
      const message = `${name}: ${100 * share} % below ${found}, in the model below ${expected}`;
      expect(found / expected, message).toBeGreaterThan(1 - TOLERANCE);
      expect(found / expected, message).toBeLessThan(1 + TOLERANCE);
    }
  }
  evaluator.dispose();
  encoded.delete();
  secret.delete();
  context.delete();
});
