import { enableRelaxedSimd } from '@pnn/nn/node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPrime, power } from '../../src/ckks/primes.js';
import { bestInstructions, compile } from '../../src/evaluator/kernels.js';
import { ModulusTable, reverseBits } from '../../src/evaluator/modulus-table.js';
import { ResidueMemory } from '../../src/evaluator/residue-memory.js';
import { Team } from '../../src/evaluator/team.js';
import { uniform } from './uniform.js';

enableRelaxedSimd();

function largestPrime(degree: number, bits: number): bigint {
  const step = BigInt(2 * degree);
  let prime = ((1n << BigInt(bits)) / step) * step + 1n - step;
  while (!isPrime(prime)) prime -= step;
  return prime;
}

/** The smallest root of unity of order 2N. */
function smallestRoot(degree: number, prime: bigint): bigint {
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

/** The transform over one prime, by kernels. */
class Transform {
  readonly prime: bigint;
  readonly root: bigint;
  readonly asDouble: boolean;
  readonly #memory = new ResidueMemory();
  readonly #team: Team;
  readonly #table: number;
  readonly #at: number;

  constructor(
    readonly degree: number,
    bits: number,
  ) {
    this.prime = largestPrime(degree, bits);
    this.#team = new Team(this.#memory, 1, compile('relaxedSimd'), 8 * degree);
    const table = new ModulusTable(this.#memory, this.#team, { degree, primes: [this.prime] });
    this.#table = table.address;
    this.asDouble = table.isDouble(0);
    this.root = smallestRoot(degree, this.prime);
    this.#at = this.#memory.allocate(8 * degree);
  }

  run(name: 'transform' | 'transformBack', values: readonly bigint[]): bigint[] {
    const { double, word } = this.#memory.residues(this.#at, this.degree);
    for (const [i, value] of values.entries()) {
      if (this.asDouble) double[i] = Number(value);
      else word[i] = value;
    }
    this.#team.run(name, 1, this.#table, this.#at);
    return Array.from({ length: this.degree }, (_, i) => (this.asDouble ? BigInt(double[i]!) : word[i]!));
  }

  /** The polynomial at the i-th of the odd powers of the root, in bit-reversed order, by Horner's method. */
  valueAt(coefficients: readonly bigint[], i: number): bigint {
    const x = power(this.root, BigInt(2 * reverseBits(i, Math.log2(this.degree)) + 1), this.prime);
    return coefficients.reduceRight((sum, each) => (sum * x + each) % this.prime, 0n);
  }
}

test('this platform multiplies and adds in one step', () => {
  expect(bestInstructions()).toBe('relaxedSimd');
});

const degrees = [1024, 2048, 4096, 8192, 16384, 32768];

describe.each([20, 36, 49, 50, 51, 60])('primes of %i bits', (bits) => {
  test.each(degrees)('N = %i: values are those of the polynomial, and lead back to it', (degree) => {
    const transform = new Transform(degree, bits);
    const { prime } = transform;
    expect(transform.asDouble).toBe(bits <= 50);
    const edges = [0n, 1n, prime - 1n, prime >> 1n, (prime >> 1n) + 1n];
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('uniform', 'edges', 'largest', 'half'), (seed, kind) => {
        const draw = uniform(seed);
        const coefficients = Array.from({ length: degree }, () => {
          if (kind === 'largest') return prime - 1n;
          if (kind === 'half') return (prime >> 1n) + BigInt(draw() & 1);
          if (kind === 'edges') return edges[draw() % edges.length]!;
          return ((BigInt(draw()) << 32n) | BigInt(draw())) % prime;
        });
        const values = transform.run('transform', coefficients);
        for (const i of [0, 1, draw() % degree, degree - 1]) expect(values[i]).toBe(transform.valueAt(coefficients, i));
        const again = transform.run('transformBack', values);
        expect(again.findIndex((each, i) => each !== coefficients[i])).toBe(-1);
      }),
      { numRuns: degree > 8192 ? 2 : 4 },
    );
  });
});
