// The same transform as double/transform.ts, on u64 and one stage at a time, with numbers below 8·q (D. Harvey, Faster arithmetic
// for number-theoretic transforms, 2014).

import { limbBytes, Modulus, RESIDUE } from '../modulus';
import { canonical, multiplyBy, subtractOnce } from './arithmetic';

/** Coefficients below 8·q to values below q, in place. */
export function forward(modulus: Modulus, start: usize): void {
  const q = modulus.word;
  const bytes = limbBytes(modulus);
  let step = bytes >> 1;
  for (let groups: usize = 1; step >= RESIDUE; groups <<= 1, step >>= 1) {
    let at = start;
    for (let group: usize = 0; group < groups; group++, at += step) {
      const w = load<u64>(modulus.roots + (groups + group) * RESIDUE);
      const quotient = load<u64>(modulus.rootQuotients + (groups + group) * RESIDUE);
      for (const end = at + step; at < end; at += RESIDUE) {
        const x = subtractOnce(load<u64>(at), 4 * q);
        const y = multiplyBy(load<u64>(at + step), w, quotient, q);
        store<u64>(at, x + y);
        store<u64>(at + step, x - y + 4 * q);
      }
    }
  }
  for (let at = start; at < start + bytes; at += RESIDUE) store<u64>(at, canonical(load<u64>(at), q));
}

/** Values below q to coefficients below q; the two places are the same or apart. */
export function inverse(modulus: Modulus, from: usize, to: usize): void {
  const q = modulus.word;
  const bytes = limbBytes(modulus);
  if (from !== to) memory.copy(to, from, bytes);
  let step = RESIDUE;
  for (let groups = <usize>modulus.degree >> 1; groups > 1; groups >>= 1, step <<= 1) {
    let at = to;
    for (let group: usize = 0; group < groups; group++, at += step) {
      const w = load<u64>(modulus.inverseRoots + (groups + group) * RESIDUE);
      const quotient = load<u64>(modulus.inverseRootQuotients + (groups + group) * RESIDUE);
      for (const end = at + step; at < end; at += RESIDUE) {
        const x = load<u64>(at);
        const y = load<u64>(at + step);
        store<u64>(at, subtractOnce(x + y, 4 * q));
        store<u64>(at + step, multiplyBy(x - y + 4 * q, w, quotient, q));
      }
    }
  }
  const n = modulus.wordInverseDegree;
  const nq = modulus.wordInverseDegreeQuotient;
  const w = load<u64>(modulus.inverseRoots + RESIDUE);
  const quotient = load<u64>(modulus.inverseRootQuotients + RESIDUE);
  for (let at = to; at < to + step; at += RESIDUE) {
    const x = load<u64>(at);
    const y = load<u64>(at + step);
    store<u64>(at, canonical(multiplyBy(x + y, n, nq, q), q));
    store<u64>(at + step, canonical(multiplyBy(x - y + 4 * q, w, quotient, q), q));
  }
}
