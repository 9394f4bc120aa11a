import { ByteReader } from './byte-reader.js';
import { readCoefficients } from './coefficients.js';
import { readHeader } from './header.js';
import { readLevel } from './level.js';
import type { ModulusChain } from './modulus-chain.js';

/**
 * Checks a `SecretKey` that SEAL has saved without compression: a plaintext over all primes, with scale 1.
 *
 * @throws MalformedError where it is cut off, changed, or belongs to other parameters
 */
export function checkSecretKey(bytes: Uint8Array, chain: ModulusChain): void {
  const reader = new ByteReader('secret key', bytes);
  readHeader(reader, bytes.length);
  const limbs = readLevel(reader, chain, chain.keyLimbs);
  reader.check(limbs === chain.keyLimbs, `it has ${limbs} primes instead of ${chain.keyLimbs}`);
  const count = reader.count('number of coefficients');
  const expected = chain.parameters.degree * limbs;
  reader.check(count === expected, `${count} coefficients instead of ${expected}`);
  reader.check(reader.float64() === 1, 'its scale is not 1');
  readCoefficients(reader, chain, limbs, 1);
  reader.end();
}
