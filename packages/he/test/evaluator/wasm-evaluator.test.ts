import { enableRelaxedSimd } from '@pnn/nn/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Ciphertext,
  type EvaluationKeys,
  KeyError,
  MalformedError,
  ModulusChain,
  openSeal,
  PlanError,
  WasmEvaluator,
  withPrimes,
} from '../../src/index.js';
import type { Handle, SealContext } from '../../src/seal/context.js';
import { randomCiphertext } from './random-ciphertext.js';

enableRelaxedSimd();

const parameters = withPrimes({ degree: 4096, bits: [34, 30, 40] });
const chain = new ModulusChain(parameters);
const slots = parameters.degree / 2;
const SCALE = 2 ** 30;
/** Sums of 4096 roundings and errors of σ = 3.2, beyond 8 standard deviations of them, a few times: 8 · √4096 · 3.2 · 10 / 2^30. */
const ERROR = 2e-5;
const numbers = (f: (i: number) => number) => Float64Array.from({ length: slots }, (_, i) => f(i));
const first = numbers((i) => Math.sin(i));
const second = numbers((i) => Math.cos(3 * i) / 2);

let context: SealContext;
let secret: Handle;
let keys: EvaluationKeys;
let evaluator: WasmEvaluator;

beforeAll(async () => {
  context = (await openSeal()).context(parameters);
  secret = context.createSecretKey();
  keys = {
    relinearization: context.createRelinearizationKeys(secret),
    galois: context.createGaloisKeys(secret, [1, 2, -8]),
  };
  evaluator = new WasmEvaluator(parameters, keys, { threads: 2 });
});
beforeEach(() => {
  expect(evaluator.live).toBe(0);
});
afterAll(() => {
  evaluator.dispose();
  secret.delete();
  context.delete();
});

function encrypted(values: Float64Array) {
  const plaintext = context.encode(values, SCALE);
  const bytes = context.encrypt(plaintext, secret);
  plaintext.delete();
  return evaluator.load(bytes);
}

function decrypted(ciphertext: Ciphertext): Float64Array {
  const handle = context.loadCiphertext(evaluator.save(ciphertext));
  const plaintext = context.decrypt(handle, secret);
  const values = context.decode(plaintext);
  plaintext.delete();
  handle.delete();
  return values;
}

const worst = (values: Float64Array, wanted: Float64Array) =>
  values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);

function expectNumbers(ciphertext: Ciphertext, wanted: Float64Array): void {
  expect(worst(decrypted(ciphertext), wanted)).toBeLessThan(ERROR);
}

const disposeAll = (all: readonly Disposable[]) => {
  for (const each of all) each[Symbol.dispose]();
};

describe('what SEAL has no single operation for', () => {
  test('rotations that share their digits are rotations', () => {
    const a = encrypted(first);
    const rotations = evaluator.rotateMany(a, [1, 0, 2, -8]);
    for (const [i, steps] of [1, 0, 2, -8].entries()) {
      expectNumbers(
        rotations[i]!,
        numbers((k) => first[(k + steps + slots) % slots]!),
      );
    }
    disposeAll([a, ...rotations]);
  });

  test('a single rotation is not shared: it has the bits of rotate', () => {
    const a = encrypted(first);
    const [many] = evaluator.rotateMany(a, [2]);
    const one = evaluator.rotate(a, 2);
    expect(Buffer.compare(evaluator.save(many!), evaluator.save(one))).toBe(0);
    disposeAll([a, many!, one]);
  });

  test('a sum of products has the bits of products and sums', () => {
    const count = 17;
    const ciphertexts = Array.from({ length: count }, (_, i) =>
      evaluator.load(randomCiphertext(chain, i, i % 2 === 0, SCALE)),
    );
    const plaintexts = ciphertexts.map((_, i) =>
      evaluator.encode(
        numbers((k) => Math.sin(i + k)),
        SCALE,
        1,
      ),
    );
    const sum = evaluator.sumOfProducts(ciphertexts, plaintexts);
    const products = ciphertexts.map((each, i) => evaluator.multiplyPlain(each, plaintexts[i]!));
    for (const product of products.slice(1)) evaluator.addInPlace(products[0]!, product);
    expect(Buffer.compare(evaluator.save(sum), evaluator.save(products[0]!))).toBe(0);
    expect(() => evaluator.sumOfProducts([], [])).toThrow('sumOfProducts: 0 ciphertexts and 0 plaintexts');
    disposeAll([...ciphertexts, ...plaintexts, ...products, sum]);
  });

  test('so has one of ciphertexts that come from different levels', () => {
    const dropped = evaluator.load(randomCiphertext(chain, 1, true, 2 ** 10));
    evaluator.dropToLevelInPlace(dropped, 0);
    const saved = evaluator.load(evaluator.save(dropped));
    const plaintexts = [1, 2].map((seed) =>
      evaluator.encode(
        numbers((k) => Math.cos(seed + k)),
        2 ** 15,
        0,
      ),
    );
    const sum = evaluator.sumOfProducts([dropped, saved], plaintexts);
    const products = plaintexts.map((each) => evaluator.multiplyPlain(saved, each));
    evaluator.addInPlace(products[0]!, products[1]!);
    expect(Buffer.compare(evaluator.save(sum), evaluator.save(products[0]!))).toBe(0);
    disposeAll([dropped, saved, ...plaintexts, ...products, sum]);
  });

  test('a number is a plaintext that has it in all slots', () => {
    const a = encrypted(first);
    for (const value of [0.75, -1.5, 3e-9]) {
      const product = evaluator.multiplyScalar(a, value, SCALE);
      const plaintext = evaluator.encode(
        numbers(() => value),
        SCALE,
        1,
      );
      const expected = evaluator.multiplyPlain(a, plaintext);
      expect(Buffer.compare(evaluator.save(product), evaluator.save(expected))).toBe(0);
      const sum = evaluator.encode(
        numbers(() => value),
        product.scale,
        1,
      );
      evaluator.addScalarInPlace(product, value);
      evaluator.addPlainInPlace(expected, sum);
      expect(Buffer.compare(evaluator.save(product), evaluator.save(expected))).toBe(0);
      disposeAll([product, plaintext, expected, sum]);
    }
    expect(() => evaluator.multiplyScalar(a, 1e-12, SCALE)).toThrow('1e-12 is 0 at scale 1073741824');
    a.dispose();
  });

  test('differences', () => {
    const a = encrypted(first);
    const b = encrypted(second);
    const difference = evaluator.add(a, b);
    evaluator.subtractInPlace(difference, b);
    expect(Buffer.compare(evaluator.save(difference), evaluator.save(a))).toBe(0);
    const product = evaluator.multiply(a, b);
    const scaled = evaluator.multiplyScalar(a, 1, SCALE);
    evaluator.subtractInPlace(scaled, product);
    evaluator.relinearizeInPlace(scaled);
    evaluator.rescaleInPlace(scaled);
    expectNumbers(
      scaled,
      first.map((x, i) => x - x * second[i]!),
    );
    disposeAll([a, b, difference, product, scaled]);
  });
});

test('memory stays the same over 1,000 operations', () => {
  const a = encrypted(first);
  const weights = evaluator.encode(second, 2 ** 20, 1);
  const once = () => {
    const product = evaluator.multiplyPlain(a, weights);
    evaluator.rescaleInPlace(product);
    const square = evaluator.square(a);
    evaluator.relinearizeInPlace(square);
    disposeAll([product, square, ...evaluator.rotateMany(a, [1, 2])]);
  };
  once();
  const before = evaluator.memoryBytes;
  for (let i = 0; i < 250; i++) once();
  expect(evaluator.memoryBytes).toEqual(before);
  disposeAll([a, weights]);
});

test('what does not fit is refused by a sentence, and leaves nothing alive', () => {
  const a = encrypted(first);
  const low = evaluator.rotate(a, 0);
  evaluator.dropToLevelInPlace(low, 0);
  const square = evaluator.square(a);
  const weights = evaluator.encode(second, SCALE, 0);
  const gone = evaluator.rotate(a, 1);
  gone.dispose();
  gone.dispose();
  const live = evaluator.live;
  const other = new WasmEvaluator(parameters, {}, { threads: 1 });
  const foreign = other.load(randomCiphertext(chain, 1, false, SCALE));
  const refusals: [() => unknown, new (message: string) => Error, string][] = [
    [() => evaluator.rotate(a, 3), KeyError, 'rotate: there is no key for a rotation by 3'],
    [() => evaluator.rotateMany(a, [1, 3]), KeyError, 'no key for a rotation by 3'],
    [() => other.rotate(foreign, 1), KeyError, 'no key'],
    [() => other.relinearizeInPlace(other.square(foreign)), KeyError, 'there is no relinearization key'],
    [() => evaluator.add(a, foreign), PlanError, 'of another evaluator'],
    [() => evaluator.add(a, gone), PlanError, 'after it had been disposed of'],
    [() => evaluator.add(a, low), PlanError, 'add: levels 1 and 0 are not the same'],
    [() => evaluator.add(a, square), PlanError, 'the scales'],
    [() => evaluator.multiplyPlain(a, weights), PlanError, 'multiply: levels 1 and 0'],
    [() => evaluator.multiply(square, a), PlanError, 'multiply: 3 polynomials instead of 2: relinearize before'],
    [() => evaluator.rotate(square, 1), PlanError, 'rotate: 3 polynomials instead of 2'],
    [() => evaluator.multiply(low, low), PlanError, 'does not fit the 34.0 bits of level 0: rescale before'],
    [() => evaluator.rescaleInPlace(low), PlanError, 'rescale: the ciphertext has one prime only'],
    [() => evaluator.dropToLevelInPlace(low, 1), PlanError, 'drop: level 1 is not one of 0 to 0'],
    [() => evaluator.encode(second, SCALE, 2), PlanError, 'encode: level 2 is not one of 0 to 1'],
    [() => evaluator.encode(second.subarray(1), SCALE, 1), PlanError, 'encode: 2047 numbers for 2048 slots'],
    [
      () =>
        evaluator.encode(
          numbers(() => 0),
          SCALE,
          1,
        ),
      PlanError,
      'zeros',
    ],
    [
      () =>
        evaluator.encode(
          numbers(() => Number.NaN),
          SCALE,
          1,
        ),
      PlanError,
      'a number is not finite',
    ],
    [() => evaluator.encode(second, 2 ** 60, 0), PlanError, 'bits of the level'],
    [() => evaluator.load(new Uint8Array(100)), MalformedError, 'ciphertext'],
    [() => new WasmEvaluator(parameters, { galois: keys.relinearization! }), MalformedError, 'Galois keys'],
  ];
  for (const [call, kind, message] of refusals) {
    expect(call, message).toThrow(kind);
    expect(call).toThrow(message);
  }
  expect(evaluator.live).toBe(live);
  other.dispose();
  disposeAll([a, low, square, weights]);
});
