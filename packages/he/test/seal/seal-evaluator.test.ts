import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPrimes } from '../../src/ckks/parameters.js';
import type { Handle, SealContext } from '../../src/seal/context.js';
import { type NodeSeal, openSeal } from '../../src/seal/library.js';
import { SealEvaluator } from '../../src/seal/seal-evaluator.js';

const parameters = withPrimes({ degree: 4096, bits: [34, 30, 40] });
const SCALE = 2 ** 30;
/** Sums of 4096 roundings and errors of σ = 3.2, beyond 8 standard deviations of them, a few times: 8 · √4096 · 3.2 · 10 / 2^30. */
const ERROR = 2e-5;
const slots = parameters.degree / 2;
const isOld = Number(process.versions.node.split('.')[0]) < 22;

const numbers = (f: (i: number) => number) => Float64Array.from({ length: slots }, (_, i) => f(i));
const first = numbers((i) => Math.sin(i));
const second = numbers((i) => Math.cos(3 * i) / 2);

describe.each(['node-seal', 'node-seal-7'])('%s', (name) => {
  const skipped = name === 'node-seal-7' && isOld;
  let context: SealContext;
  let evaluator: SealEvaluator;
  let secret: Handle;

  beforeAll(async () => {
    if (skipped) return;
    const seal = await openSeal((await import(name)) as NodeSeal);
    context = seal.context(parameters);
    secret = context.createSecretKey();
    evaluator = new SealEvaluator(context, parameters, {
      relinearization: context.createRelinearizationKeys(secret),
      galois: context.createGaloisKeys(secret, [1, -8]),
    });
  });
  afterAll(() => {
    if (skipped) return;
    secret.delete();
    evaluator.dispose();
  });

  function encrypted(values: Float64Array) {
    const plaintext = context.encode(values, SCALE);
    const bytes = context.encrypt(plaintext, secret);
    plaintext.delete();
    return evaluator.load(bytes);
  }

  function decrypted(bytes: Uint8Array): Float64Array {
    const ciphertext = context.loadCiphertext(bytes);
    const plaintext = context.decrypt(ciphertext, secret);
    const values = context.decode(plaintext);
    plaintext.delete();
    ciphertext.delete();
    return values;
  }

  const worst = (values: Float64Array, wanted: Float64Array) =>
    values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);

  test.skipIf(skipped)('computes what the numbers say, and nothing stays alive', () => {
    const a = encrypted(first);
    const b = encrypted(second);
    const weights = evaluator.encode(second, SCALE, 1);
    const left = evaluator.rotate(a, 1);
    const right = evaluator.rotateMany(b, [0, -8]);
    const product = evaluator.multiplyPlain(left, weights);
    const square = evaluator.square(a);
    const mixed = evaluator.multiply(a, b);
    evaluator.addInPlace(square, mixed);
    evaluator.relinearizeInPlace(square);
    evaluator.addInPlace(square, product);
    evaluator.rescaleInPlace(square);
    expect([square.level, a.level]).toEqual([0, 1]);
    expect(square.scale).toBeCloseTo(2 ** 60 / Number(parameters.primes[1]), 0);
    const wanted = first.map((x, i) => first[(i + 1) % slots]! * second[i]! + x * x + x * second[i]!);
    expect(worst(decrypted(evaluator.save(square)), wanted)).toBeLessThan(ERROR);

    const sum = evaluator.add(a, right[1]!);
    evaluator.dropToLevelInPlace(sum, 0);
    const shifted = first.map((x, i) => x + second[(i - 8 + slots) % slots]!);
    expect(worst(decrypted(evaluator.save(sum)), shifted)).toBeLessThan(ERROR);

    for (const each of [a, b, weights, left, ...right, product, square, mixed, sum]) each.dispose();
    expect(evaluator.live).toBe(0);
  });

  test.skipIf(skipped)('refuses scales that are not the same, plaintexts of zeros and keys that it has not', () => {
    const a = encrypted(first);
    const other = evaluator.encode(second, SCALE * 1.001, 1);
    expect(() => evaluator.addPlainInPlace(a, other)).toThrow('are not the same');
    expect(() => evaluator.encode(new Float64Array(slots), SCALE, 1)).toThrow('zeros');
    expect(() => evaluator.rotate(a, 3)).toThrow();
    a.dispose();
    other.dispose();
    expect(() => evaluator.save(a)).toThrow('disposed');
    expect(evaluator.live).toBe(0);
  });
});

test.runIf(isOld)('node-seal 7 on an older Node is one clear sentence', async () => {
  await expect(openSeal((await import('node-seal-7')) as unknown as NodeSeal)).rejects.toThrow(
    'version 7 needs Node 22',
  );
});
