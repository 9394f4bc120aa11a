import fc from 'fast-check';
import { type CiphertextData, type ModulusChain, writeCiphertext } from '../../src/index.js';
import { uniform } from './uniform.js';

/** Where products and reductions are at their limits. */
const EDGES = [(q: bigint) => q - 1n, () => 0n, () => 1n, (q: bigint) => q >> 1n, (q: bigint) => (q >> 1n) + 1n];

/** Residues of a ciphertext: uniform, or with many that are at the edges. Whatever is below its prime is a ciphertext. */
export function randomCiphertext(chain: ModulusChain, seed: number, hasEdges: boolean, scale: number): Uint8Array {
  const { degree, primes } = chain.parameters;
  const limbs = chain.firstLimbs;
  const draw = uniform(seed);
  const words = new BigUint64Array(2 * limbs * degree);
  for (let i = 0; i < words.length; i++) {
    const prime = primes[Math.floor(i / degree) % limbs]!;
    const edge = hasEdges ? EDGES[draw() % (2 * EDGES.length)] : undefined;
    words[i] = edge ? edge(prime) : ((BigInt(draw()) << 32n) | BigInt(draw())) % prime;
  }
  const data: CiphertextData = { limbs, polynomials: 2, scale, coefficients: new Uint8Array(words.buffer) };
  return writeCiphertext(data, chain);
}

/** What a ciphertext is drawn from. */
export const ciphertextSeeds = fc.record({ seed: fc.nat(), hasEdges: fc.boolean() });
