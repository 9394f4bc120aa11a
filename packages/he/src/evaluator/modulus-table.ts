import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { power } from '../ckks/primes.js';
import type { ResidueMemory, ResidueViews } from './residue-memory.js';
import type { Team } from './team.js';

/** Residues modulo primes below 2^50 are kept in double precision where products can be exact. */
const MAX_DOUBLE = 1n << 50n;
/** Above that, kernels reduce sums in double precision more often. */
const LOOSE = 1n << 48n;
/** What rounds to an integer where it is added. */
const ROUND = 1.5 * 2 ** 52;
/** Bytes of a modulus in the table, as in kernels/modulus.ts. */
const MODULUS_BYTES = 128;
const RESIDUE_BYTES = 8;
/** Bits of the low half of a word, as in kernels/weighted-sums.ts. */
const WORD_SPLIT = 30;
/** Bytes of a residue with its quotient. */
export const FACTOR_BYTES = 16;

/** i with its lowest bits in reverse order. */
export function reverseBits(i: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

/** A root of unity modulo a prime, of an order that is a power of two. */
function rootOfUnity(order: number, prime: bigint): bigint {
  for (let base = 2n; ; base++) {
    const root = power(base, (prime - 1n) / BigInt(order), prime);
    if (power(root, BigInt(order / 2), prime) === prime - 1n) return root;
  }
}

/** What kernels know of the primes; it stays in memory. */
export class ModulusTable {
  /** The address of the moduli. */
  readonly address: number;
  readonly #primes: readonly bigint[];
  readonly #memory: ResidueMemory;
  readonly #isFused: boolean;
  readonly #inverses: number;

  constructor(memory: ResidueMemory, team: Team, { degree, primes }: Pick<ParametersWithPrimes, 'degree' | 'primes'>) {
    this.#primes = primes;
    this.#memory = memory;
    this.#isFused = team.isFused;
    this.address = memory.allocate(primes.length * MODULUS_BYTES);
    for (const [index, prime] of primes.entries()) {
      const start = this.address + index * MODULUS_BYTES;
      const tables = Array.from({ length: 4 }, () => memory.allocate(degree * RESIDUE_BYTES));
      memory.words(start, 6).set([this.isDouble(index) ? 1 : 0, degree, ...tables]);
      const bits = BigInt(prime.toString(2).length);
      const { double, word } = memory.residues(start, MODULUS_BYTES / RESIDUE_BYTES);
      double.set([Number(prime), 1 / Number(prime)], 3);
      word[7] = prime;
      word.set([bits, (1n << (63n + bits)) / prime], 10);
      double[12] = ROUND;
      memory.words(start + 13 * RESIDUE_BYTES, 1).set([prime > LOOSE ? 1 : 0]);
    }
    const roots = memory.allocate(primes.length * RESIDUE_BYTES);
    memory.residues(roots, primes.length).word.set(primes.map((prime) => rootOfUnity(2 * degree, prime)));
    team.run('prepareModulus', primes.length, this.address, roots);
    memory.release(roots, primes.length * RESIDUE_BYTES);
    this.#inverses = memory.allocate(primes.length ** 2 * FACTOR_BYTES);
    for (const divisor of primes.keys()) {
      const views = memory.residues(this.inversesOf(divisor), 2 * primes.length);
      for (const [index, prime] of primes.entries()) {
        if (index !== divisor) this.writeFactor(views, index, power(primes[divisor]! % prime, prime - 2n, prime));
      }
    }
  }

  /** Whether kernels keep residues modulo the prime with this index in double precision. */
  isDouble(index: number): boolean {
    return this.#isFused && this.#primes[index]! < MAX_DOUBLE;
  }

  /** Writes a residue modulo the prime with this index, and its quotient by which kernels multiply faster, to its place in a list. */
  writeFactor({ double, word }: ResidueViews, index: number, residue: bigint): void {
    const prime = this.#primes[index]!;
    if (this.isDouble(index)) {
      const centered = Number(residue > prime / 2n ? residue - prime : residue);
      double[2 * index] = centered;
      double[2 * index + 1] = centered / Number(prime);
    } else {
      word[2 * index] = residue;
      word[2 * index + 1] = (residue << 64n) / prime;
    }
  }

  /** Bits of the low half that the kernel `weightedSums` cuts a residue modulo the prime with this index into. */
  splitOf(index: number): number {
    return this.isDouble(index) ? this.#primes[index]!.toString(2).length >> 1 : WORD_SPLIT;
  }

  /** Writes a power of two and its quotient for each of so many primes to an address. */
  writePowersOfTwo(address: number, limbs: number, exponentOf: (limb: number) => number): void {
    const views = this.#memory.residues(address, 2 * limbs);
    for (let limb = 0; limb < limbs; limb++) {
      this.writeFactor(views, limb, power(2n, BigInt(exponentOf(limb)), this.#primes[limb]!));
    }
  }

  /** The address of 1/p modulo each prime, for the prime p with this index. */
  inversesOf(index: number): number {
    return this.#inverses + index * this.#primes.length * FACTOR_BYTES;
  }
}
