import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withPrimes } from '../../src/ckks/parameters.js';
import { weaknessOf } from '../../src/protocol/plan-limits.js';
import { openSeal } from '../../src/seal/library.js';
import { ModulusChain, writeCiphertext } from '../../src/seal-format/index.js';

const parameters = withPrimes({ degree: 4096, bits: [34, 30, 40] });
const SCALE = 2 ** 30;
const plan = {
  box: [0, 1] as const,
  input: { level: 1, scale: SCALE },
  output: { level: 0, scale: SCALE },
  rotations: [1, 2],
  refreshes: [{ level: 0, scale: SCALE, largest: 2 }],
  largestLogit: 9,
  errorBound: 1e-3,
};

test('a plan as planners make it has no weakness', () => {
  expect(weaknessOf(plan, parameters)).toBeUndefined();
});

test.each<[string, object]>([
  ['the server of the secret key', { refreshes: [{ level: 0, scale: 2 ** -10, largest: 2 }] }],
  ['the server of the secret key', { refreshes: [{ level: 0, scale: 2 ** -1070, largest: 2 }] }],
  ['the server of the secret key', { refreshes: [{ level: 1, scale: SCALE, largest: 2 }] }],
  ['no room', { input: { level: 1, scale: 2 ** 60 } }],
  ['no room', { box: [-(2 ** 40), 0] }],
  ['not finite', { input: { level: 1, scale: Infinity } }],
  ['not finite', { box: [0, NaN] }],
  ['not finite', { largestLogit: Infinity }],
  ['occurs twice', { rotations: [1, 2, 1] }],
])('a plan is refused that says: %s', (problem, changes) => {
  expect(weaknessOf({ ...plan, ...changes }, parameters)).toContain(problem);
});

test('keys of more than there is memory for are not made', () => {
  const large = withPrimes({ degree: 32768, bits: new Array<number>(16).fill(55) });
  const rotations = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(weaknessOf({ ...plan, rotations }, large)).toContain('take more than 3 GiB');
});

test('whatever a ciphertext decrypts to can be encrypted again, where the limits hold', async () => {
  const context = (await openSeal()).context(parameters);
  const secret = context.createSecretKey();
  const chain = new ModulusChain(parameters);
  const modulus = parameters.primes[0]!;
  let taken = 0;
  const encrypts = (coefficients: BigUint64Array, scale: number): boolean => {
    const data = { limbs: 1, polynomials: 2, scale, coefficients: new Uint8Array(coefficients.buffer) };
    const ciphertext = context.loadCiphertext(writeCiphertext(data, chain));
    const decrypted = context.decrypt(ciphertext, secret);
    try {
      context.encode(context.decode(decrypted), SCALE).delete();
      return true;
    } catch {
      return false;
    } finally {
      ciphertext.delete();
      decrypted.delete();
    }
  };
  fc.assert(
    fc.property(
      fc.integer({ min: -12, max: 33 }),
      fc.bigInt({ min: 1n, max: modulus - 1n }),
      fc.bigInt({ min: 0n, max: modulus - 1n }),
      (exponent, a, b) => {
        const scale = 2 ** exponent;
        const coefficients = BigUint64Array.from({ length: 2 * 4096 }, (_, i) => (a * BigInt(i + 1) + b) % modulus);
        const isSafe = weaknessOf({ ...plan, refreshes: [{ level: 0, scale, largest: 1 }] }, parameters) === undefined;
        const encrypted = encrypts(coefficients, scale);
        if (isSafe) expect(encrypted).toBe(true);
        if (encrypted) taken++;
      },
    ),
    { numRuns: 40 },
  );
  // The oracle that is kept from servers is there: SEAL refuses what is too large.
  expect(
    encrypts(
      BigUint64Array.from({ length: 2 * 4096 }, (_, i) => BigInt(i * i) % modulus),
      2 ** -10,
    ),
  ).toBe(false);
  expect(taken).toBeGreaterThan(0);
  secret.delete();
  context.delete();
});
