import { beforeAll, describe, expect, test } from 'vitest';
import { MalformedError } from '../../src/errors.js';
import { blake2b256 } from '../../src/seal-format/blake2b.js';
import {
  ModulusChain,
  readCiphertext,
  readEncryptionParameters,
  readGaloisKeys,
  readRelinearizationKey,
  writeEncryptionParameters,
} from '../../src/seal-format/index.js';
import { rewritten } from './messages.js';
import { type Samples, sealSamples } from './samples.js';

test('BLAKE2b of an empty message is that of its authors', () => {
  const hex = blake2b256([]).map((word) => word.toString(16).padStart(16, '0').match(/../g)!.reverse().join(''));
  expect(hex.join('')).toBe('0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8');
});

describe.each([
  [1024, [27, 20, 30]],
  [4096, [36, 30, 36]],
  [2048, [60, 40, 31, 60]],
])('N = %i, primes of %j bits', (degree, bits) => {
  let samples: Samples;
  let chain: ModulusChain;

  beforeAll(async () => {
    samples = await sealSamples(degree, bits);
    chain = new ModulusChain(readEncryptionParameters(samples.parameters));
  });

  const bytesOf = (name: string) => samples.all.find((sample) => sample.name === name)!.bytes;

  test('what was read is written with the same bytes', () => {
    expect(chain.parameters).toMatchObject({ degree, bits });
    expect(Buffer.compare(writeEncryptionParameters(chain.parameters), samples.parameters)).toBe(0);
    for (const { kind, bytes } of samples.all) expect(Buffer.compare(rewritten[kind](bytes, chain), bytes)).toBe(0);
  });

  test('bytes are read from anywhere in a buffer', () => {
    const message = new Uint8Array(bytesOf('ciphertext').length + 2);
    message.set(bytesOf('ciphertext'), 1);
    expect(readCiphertext(message.subarray(1, -1), chain).limbs).toBe(bits.length - 1);
  });

  test('what is not as expected is refused', () => {
    const ciphertext = bytesOf('ciphertext');
    const limbs = bits.length - 1;
    const refusals: [() => unknown, string][] = [
      [() => readCiphertext(ciphertext, chain, { limbs: limbs - 1 }), `has ${limbs} primes instead of ${limbs - 1}`],
      [() => readCiphertext(bytesOf('product'), chain, { polynomials: 2 }), 'has 3 polynomials instead of 2'],
      [() => readCiphertext(ciphertext.subarray(0, -1), chain), 'announces'],
      [() => readCiphertext(ciphertext.subarray(0, 3), chain), 'it is cut off: 1 bytes expected at 3, 0 left'],
      [() => readCiphertext(new Uint8Array(Buffer.concat([ciphertext, Uint8Array.of(0)])), chain), 'announces'],
      [() => readGaloisKeys(bytesOf('Galois keys'), chain, [3, 5]), 'of Galois element'],
      [() => readGaloisKeys(bytesOf('relinearization keys'), chain, [3]), 'of Galois element 1 was not asked for'],
      [() => readRelinearizationKey(bytesOf('Galois keys'), chain), 'keys instead of 1'],
    ];
    for (const [read, message] of refusals) {
      expect(read).toThrow(MalformedError);
      expect(read).toThrow(message);
    }
  });

  test('a coefficient of its prime itself is refused, one less is not', () => {
    const original = bytesOf('ciphertext');
    for (const limb of [0, bits.length - 2]) {
      const bytes = Uint8Array.from(original);
      const view = new DataView(bytes.buffer);
      const coefficients = original.length - 8 * degree * 2 * (bits.length - 1);
      const at = coefficients + 8 * (degree * (limb + 1) - 1);
      view.setBigUint64(at, chain.parameters.primes[limb]! - 1n, true);
      readCiphertext(bytes, chain);
      view.setBigUint64(at, chain.parameters.primes[limb]!, true);
      expect(() => readCiphertext(bytes, chain)).toThrow('a coefficient is not below its prime');
    }
  });

  test('objects of other parameters are refused', () => {
    const { parameters } = chain;
    const primes = [parameters.primes[1]!, parameters.primes[0]!, ...parameters.primes.slice(2)];
    const other = new ModulusChain({ ...parameters, primes });
    for (const { kind, bytes } of samples.all) {
      expect(() => rewritten[kind](bytes, other)).toThrow('other encryption parameters');
    }
  });
});
