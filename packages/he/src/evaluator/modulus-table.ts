import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { power } from '../ckks/primes.js';
import type { ResidueMemory } from './residue-memory.js';

/** Residues modulo primes below 2^50 are kept in double precision where products can be exact. */
const MAX_DOUBLE = 1n << 50n;
/** Bytes of a modulus in the table, as in kernels/modulus.ts. */
const MODULUS_BYTES = 128;
const RESIDUE_BYTES = 8;
/** Bytes of a residue with its quotient. */
export const FACTOR_BYTES = 16;

/** Whether kernels keep residues modulo a prime in double precision. */
export function isDouble(prime: bigint, isFused: boolean): boolean {
  return isFused && prime < MAX_DOUBLE;
}

/** i with its lowest bits in reverse order. */
export function reverseBits(i: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

export function inverse(x: bigint, prime: bigint): bigint {
  return power(x, prime - 2n, prime);
}

/** The smallest 2N-th root of unity of order 2N, which SEAL takes, too. */
export function smallestRoot(degree: number, prime: bigint): bigint {
  const order = BigInt(2 * degree);
  let root = 0n;
  for (let base = 2n; root === 0n; base++) {
    const candidate = power(base, (prime - 1n) / order, prime);
    if (power(candidate, order / 2n, prime) === prime - 1n) root = candidate;
  }
  const square = (root * root) % prime;
  let smallest = root;
  for (let i = 0, each = root; i < degree; i++, each = (each * square) % prime) if (each < smallest) smallest = each;
  return smallest;
}

/** Writes a residue, and its quotient by which kernels multiply faster, to two places. */
export function writeFactor(
  memory: ResidueMemory,
  residue: bigint,
  prime: bigint,
  isFused: boolean,
  address: number,
  quotientAddress: number,
): void {
  const at = memory.residues(address, 1);
  const quotientAt = memory.residues(quotientAddress, 1);
  if (isDouble(prime, isFused)) {
    const centered = Number(residue > prime / 2n ? residue - prime : residue);
    at.double[0] = centered;
    quotientAt.double[0] = centered / Number(prime);
  } else {
    at.word[0] = residue;
    quotientAt.word[0] = (residue << 64n) / prime;
  }
}

/** ψ^bitrev(i) with quotients; that at place 1 is multiplied by `first`. */
function writeRoots(
  memory: ResidueMemory,
  degree: number,
  root: bigint,
  first: bigint,
  prime: bigint,
  isFused: boolean,
): readonly [number, number] {
  const bits = Math.log2(degree);
  const addresses = [memory.allocate(degree * RESIDUE_BYTES), memory.allocate(degree * RESIDUE_BYTES)] as const;
  const [roots, quotients] = addresses.map((address) => memory.residues(address, degree)) as [Residues, Residues];
  const asDouble = isDouble(prime, isFused);
  for (let i = 0, each = 1n; i < degree; i++, each = (each * root) % prime) {
    const place = reverseBits(i, bits);
    const residue = place === 1 ? (each * first) % prime : each;
    if (asDouble) {
      const centered = Number(residue > prime / 2n ? residue - prime : residue);
      roots.double[place] = centered;
      quotients.double[place] = centered / Number(prime);
    } else {
      roots.word[place] = residue;
      quotients.word[place] = (residue << 64n) / prime;
    }
  }
  return addresses;
}

type Residues = ReturnType<ResidueMemory['residues']>;

/** What kernels know of the primes; it stays in memory. */
export class ModulusTable {
  /** The address of the moduli. */
  readonly address: number;
  readonly #primes: readonly bigint[];
  readonly #inverses: number;

  /** @param isFused whether products can be exact in double precision */
  constructor(memory: ResidueMemory, { degree, primes }: ParametersWithPrimes, isFused: boolean) {
    this.#primes = primes;
    this.address = memory.allocate(primes.length * MODULUS_BYTES);
    this.#inverses = memory.allocate(primes.length ** 2 * FACTOR_BYTES);
    for (const [index, prime] of primes.entries()) {
      const root = smallestRoot(degree, prime);
      const inverseDegree = inverse(BigInt(degree), prime);
      const roots = writeRoots(memory, degree, root, 1n, prime, isFused);
      const inverseRoots = writeRoots(memory, degree, inverse(root, prime), inverseDegree, prime, isFused);
      const start = this.address + index * MODULUS_BYTES;
      memory.words(start, 6).set([isDouble(prime, isFused) ? 1 : 0, degree, ...roots, ...inverseRoots]);
      const bits = BigInt(prime.toString(2).length);
      const { double, word } = memory.residues(start, MODULUS_BYTES / 8);
      double[3] = Number(prime);
      double[4] = 1 / Number(prime);
      const centered = Number(inverseDegree > prime / 2n ? inverseDegree - prime : inverseDegree);
      double[5] = centered;
      double[6] = centered / Number(prime);
      word.set([prime, inverseDegree, (inverseDegree << 64n) / prime, bits, (1n << (63n + bits)) / prime], 7);
      for (const [other, divisor] of primes.entries()) {
        if (other === index) continue;
        const at = this.inversesOf(other) + index * FACTOR_BYTES;
        writeFactor(memory, inverse(divisor % prime, prime), prime, isFused, at, at + RESIDUE_BYTES);
      }
    }
  }

  /** The address of 1/p modulo each prime, for the prime p with this index. */
  inversesOf(index: number): number {
    return this.#inverses + index * this.#primes.length * FACTOR_BYTES;
  }
}
