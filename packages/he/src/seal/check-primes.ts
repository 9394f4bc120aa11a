import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { PlanError } from '../errors.js';

/** @throws PlanError where SEAL has not taken the primes that scales were computed with */
export function checkPrimes(primes: readonly bigint[], { degree, bits, primes: wanted }: ParametersWithPrimes): void {
  if (primes.length === wanted.length && primes.every((prime, i) => prime === wanted[i])) return;
  throw new PlanError(`SEAL has other primes for N = ${degree} and ${bits.join(', ')} bits: ${primes.join(', ')}`);
}
