/**
 * A prime q ≡ 1 (mod 2N), and what is computed with it once. Residues modulo a prime below 2^50 are kept as f64, of which a vector
 * multiplies two at once (double/), those modulo a wider one as u64 (word/).
 */
@unmanaged
export class Modulus {
  /** 1 where residues are f64. */
  isDouble: u32;
  /** N. */
  degree: u32;
  /** Addresses of ψ^bitrev(i) for the smallest 2N-th root of unity ψ; centered where residues are f64. */
  roots: u32;
  /** Beside each of them ψ/q, or ⌊ψ·2^64/q⌋. */
  rootQuotients: u32;
  /** ψ^−bitrev(i) in the same order; that of the last stage is multiplied by 1/N. */
  inverseRoots: u32;
  inverseRootQuotients: u32;
  /** q, 1/q, and 1/N modulo q with its quotient, all as f64. */
  value: f64;
  reciprocal: f64;
  inverseDegree: f64;
  inverseDegreeQuotient: f64;
  /** q, and 1/N modulo q with its quotient, as u64. */
  word: u64;
  wordInverseDegree: u64;
  wordInverseDegreeQuotient: u64;
  /** The bits of q. */
  bits: u64;
  /** ⌊2^(63 + bits)/q⌋, for Barrett's reduction. */
  barrett: u64;
  /** 1.5·2^52: added, it leaves a number below 2^51 rounded to an integer. */
  round: f64;
  /** 1 where q is above 2^48, so that few sums fit f64 before they must be reduced. */
  isTight: u32;

  // Twice a number, from memory: V8 makes a vector of literals anew each time it is used.

  // @ts-ignore: decorator
  @inline
  splatValue(): v128 {
    return v128.load64_splat(changetype<usize>(this), offsetof<Modulus>('value'));
  }

  // @ts-ignore: decorator
  @inline
  splatReciprocal(): v128 {
    return v128.load64_splat(changetype<usize>(this), offsetof<Modulus>('reciprocal'));
  }

  // @ts-ignore: decorator
  @inline
  splatRound(): v128 {
    return v128.load64_splat(changetype<usize>(this), offsetof<Modulus>('round'));
  }

  // @ts-ignore: decorator
  @inline
  splatInverseDegree(): v128 {
    return v128.load64_splat(changetype<usize>(this), offsetof<Modulus>('inverseDegree'));
  }

  // @ts-ignore: decorator
  @inline
  splatInverseDegreeQuotient(): v128 {
    return v128.load64_splat(changetype<usize>(this), offsetof<Modulus>('inverseDegreeQuotient'));
  }
}

/** Bytes from one modulus of a table to the next. */
const MODULUS_BYTES: usize = 128;
/** Bytes of a residue. */
export const RESIDUE: usize = 8;

// @ts-ignore: decorator
@inline
export function modulusAt(table: usize, index: u32): Modulus {
  return changetype<Modulus>(table + index * MODULUS_BYTES);
}

/** Whether residues are f64: never where the platform has no fused multiplication and addition. */
// @ts-ignore: decorator
@inline
export function isDouble(modulus: Modulus): bool {
  // @ts-ignore: known when compiled
  return ASC_FEATURE_RELAXED_SIMD && modulus.isDouble !== 0;
}

/** The bytes of the residues of one polynomial modulo one prime. */
// @ts-ignore: decorator
@inline
export function limbBytes(modulus: Modulus): usize {
  return <usize>modulus.degree * RESIDUE;
}
