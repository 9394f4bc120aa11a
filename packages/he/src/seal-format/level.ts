import type { ByteReader } from './byte-reader.js';
import { PARMS_ID_BYTES } from './encryption-parameters.js';
import type { ModulusChain } from './modulus-chain.js';

/**
 * Reads a `parms_id` as the number of limbs that it names.
 *
 * @param mostLimbs the limbs that the object may have at most
 * @throws MalformedError where it names other parameters, or more limbs
 */
export function readLevel(reader: ByteReader, chain: ModulusChain, mostLimbs: number): number {
  const limbs = chain.limbsOf(reader.bytes(PARMS_ID_BYTES));
  if (limbs === undefined) throw reader.error('it belongs to other encryption parameters');
  reader.check(limbs <= mostLimbs, `it has ${limbs} primes instead of at most ${mostLimbs}`);
  return limbs;
}

/**
 * Reads a scale: positive, finite, and below the product of the primes.
 *
 * @throws MalformedError where it is not
 */
export function readScale(reader: ByteReader, { parameters }: ModulusChain, limbs: number): number {
  const scale = reader.float64();
  const bits = parameters.primes.slice(0, limbs).reduce((sum, modulus) => sum + Math.log2(Number(modulus)), 0);
  reader.check(scale > 0 && Math.log2(scale) < bits, `scale ${scale} is not between 0 and 2^${bits.toFixed(1)}`);
  return scale;
}
