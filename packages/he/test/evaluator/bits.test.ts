import { compileWideObstacle, enableRelaxedSimd } from '@pnn/nn/node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type EvaluationKeys,
  MAX_WEIGHT,
  ModulusChain,
  openSeal,
  SealEvaluator,
  WasmEvaluator,
  withPrimes,
} from '../../src/index.js';
import { enableWideEvaluator } from '../../src/node/index.js';
import type { Handle, SealContext } from '../../src/seal/context.js';
import { type Operation, operations, run, SCALE_BITS, steps } from './operations.js';
import { ciphertextSeeds, randomCiphertext } from './random-ciphertext.js';

enableRelaxedSimd();
// With 256 bits where that can be, as servers do: from Node 24 on.
if (compileWideObstacle() === undefined) enableWideEvaluator();

/** Primes that are all below 2^50, all above, and of both kinds, in either order. */
const cases = [
  { degree: 4096, bits: [34, 30, 40], numRuns: 30 },
  { degree: 4096, bits: [50, 58], numRuns: 10 },
  { degree: 8192, bits: [50, 40, 30, 45, 50], numRuns: 15 },
  { degree: 8192, bits: [60, 49, 51, 58], numRuns: 10 },
  { degree: 16384, bits: [50, 20, 60, 35, 50, 49], numRuns: 4 },
  { degree: 32768, bits: [49, 40, 50], numRuns: 1 },
];

describe.each(cases)('N = $degree, primes of $bits bits', ({ degree, bits, numRuns }) => {
  const parameters = withPrimes({ degree, bits });
  const chain = new ModulusChain(parameters);
  let context: SealContext;
  let secret: Handle;
  let keys: EvaluationKeys;
  let reference: SealEvaluator;
  const own = new Map<string, WasmEvaluator>();

  beforeAll(async () => {
    context = (await openSeal()).context(parameters);
    secret = context.createSecretKey();
    keys = {
      relinearization: context.createRelinearizationKeys(secret),
      galois: context.createGaloisKeys(secret, steps),
    };
    reference = new SealEvaluator(context, parameters, keys);
    own.set('relaxed SIMD', new WasmEvaluator(parameters, keys, { threads: 1, instructions: 'relaxedSimd' }));
    own.set('three threads', new WasmEvaluator(parameters, keys, { threads: 3, instructions: 'relaxedSimd' }));
    own.set('whole numbers', new WasmEvaluator(parameters, keys, { threads: 1, instructions: 'simd' }));
  });
  afterAll(() => {
    for (const evaluator of own.values()) evaluator.dispose();
    secret.delete();
    reference.dispose();
  });

  function compare(names: readonly string[], first: Uint8Array, second: Uint8Array, sequence: readonly Operation[]) {
    const expected = run(reference, first, second, sequence);
    for (const name of names) {
      const results = run(own.get(name)!, first, second, sequence);
      expect(results.map(({ scale }) => scale)).toEqual(expected.map(({ scale }) => scale));
      const differing = results.findIndex(({ bytes }, i) => Buffer.compare(bytes, expected[i]!.bytes) !== 0);
      expect(differing, `${name}: ${sequence[differing]?.name}`).toBe(-1);
    }
  }

  const draw = ({ seed, hasEdges }: { seed: number; hasEdges: boolean }) =>
    randomCiphertext(chain, seed, hasEdges, 2 ** SCALE_BITS);

  test("any sequence of operations gives SEAL's bits, on any number of threads and with any instructions", () => {
    fc.assert(
      fc.property(ciphertextSeeds, ciphertextSeeds, operations, (first, second, sequence) => {
        compare([...own.keys()], draw(first), draw(second), sequence);
      }),
      { numRuns },
    );
  });

  test('every operation does, on residues at their limits', () => {
    const all: Operation[] = [
      ...steps.map((each) => ({ name: 'rotate' as const, steps: each })),
      { name: 'add' },
      { name: 'multiplyPlain', seed: 3 },
      { name: 'addPlain', seed: 5 },
      { name: 'square' },
      { name: 'relinearize' },
      { name: 'rescale' },
      { name: 'rotate', steps: 1 },
    ];
    const edges = draw({ seed: 1, hasEdges: true });
    compare([...own.keys()], edges, edges, all);
  });

  test('plaintexts of a large scale have the bits that SEAL gives them', () => {
    const scale = 2 ** Math.min(52, bits.slice(0, -1).reduce((sum, each) => sum + each) - SCALE_BITS - 4);
    const message = draw({ seed: 2, hasEdges: false });
    for (const seed of [1, 58]) {
      const values = Float64Array.from({ length: degree / 2 }, (_, i) => Math.sin(seed + i * i));
      const [expected, ...results] = [reference, ...own.values()].map((evaluator) => {
        const ciphertext = evaluator.load(message);
        const plaintext = evaluator.encode(values, scale, bits.length - 2);
        const product = evaluator.multiplyPlain(ciphertext, plaintext);
        const saved = evaluator.save(product);
        for (const each of [ciphertext, plaintext, product]) each.dispose();
        return saved;
      });
      for (const result of results) expect(Buffer.compare(result, expected!)).toBe(0);
    }
  });

  test('sums with integer weights have the bits of SEAL, for any rows and columns, at the limits of both', () => {
    const limit = bits.slice(0, -1).reduce((sum, each) => sum + each) - SCALE_BITS - 24;
    const integer = fc.oneof(fc.constantFrom(MAX_WEIGHT, 1), fc.nat({ max: 5e5 }));
    const matrices = fc
      .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.constantFrom(1, 2, 31, degree / 128 + 3) })
      .chain(({ rows, columns }) =>
        fc.record({
          rows: fc.constant(rows),
          integers: fc.array(integer, { minLength: rows * columns, maxLength: rows * columns }).map((all) => {
            // Operands repeat: weights of one operand have one sign in a row, or SEAL would refuse a sum that comes to nothing on the way.
            return Int32Array.from(all, (each, i) => {
              const [row, column] = [Math.floor(i / columns), i % columns];
              const size = each || (column === 0 ? 1 : 0);
              return (row + column) % 2 === 0 ? size : -size;
            });
          }),
          shift: fc.integer({ min: 0, max: Math.min(limit, 40) }),
        }),
      );
    fc.assert(
      fc.property(ciphertextSeeds, matrices, (seed, matrix) => {
        const [expected, ...results] = [reference, ...own.values()].map((evaluator) => {
          const two = [evaluator.load(draw(seed)), evaluator.load(draw({ seed: 1, hasEdges: true }))];
          const operands = Array.from({ length: matrix.integers.length / matrix.rows }, (_, i) => two[i % 2]!);
          const sums = evaluator.weightedSums(operands, matrix, 2 ** (SCALE_BITS + 20));
          const saved = Buffer.concat(sums.map((sum) => evaluator.save(sum)));
          for (const each of [...two, ...sums]) each.dispose();
          return saved;
        });
        for (const result of results) expect(Buffer.compare(result, expected!)).toBe(0);
      }),
      { numRuns: 2 },
    );
  });

  test('numbers in all slots have the bits of SEAL', () => {
    fc.assert(
      fc.property(ciphertextSeeds, fc.double({ min: -3, max: 3, noNaN: true }), (seed, value) => {
        fc.pre(Math.abs(value) > 2 ** -SCALE_BITS);
        const [expected, ...results] = [reference, ...own.values()].map((evaluator) => {
          const ciphertext = evaluator.load(draw(seed));
          const product = evaluator.multiplyScalar(ciphertext, value, 2 ** SCALE_BITS);
          evaluator.addScalarInPlace(product, value);
          const saved = evaluator.save(product);
          for (const each of [ciphertext, product]) each.dispose();
          return saved;
        });
        for (const result of results) expect(Buffer.compare(result, expected!)).toBe(0);
      }),
      { numRuns: 2 },
    );
  });

  test('seeds of ciphertexts stand for what they stand for in SEAL', () => {
    const plaintext = context.encode(new Float64Array(degree / 2).fill(0.5), 2 ** SCALE_BITS);
    const seeded = context.encrypt(plaintext, secret);
    plaintext.delete();
    compare([...own.keys()], seeded, seeded, [{ name: 'rotate', steps: 0 }]);
  });
});
