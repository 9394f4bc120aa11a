import { type EvaluationKeys, ModulusChain, openSeal, SealEvaluator, WasmEvaluator, withPrimes } from '@pnn/he';
import { enableWideEvaluator } from '@pnn/he/node';
import { Generator } from '@pnn/nn';
import { compileWideObstacle, enableRelaxedSimd } from '@pnn/nn/node';
import fc from 'fast-check';
import { operations, run, SCALE_BITS, steps } from '../../packages/he/test/evaluator/operations.js';
import { ciphertextSeeds, randomCiphertext } from '../../packages/he/test/evaluator/random-ciphertext.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

/** Sequences of operations for each set of parameters, whose keys take about as long as all of them. */
const SEQUENCES: Readonly<Record<number, number>> = { 4096: 40, 8192: 40, 16384: 40, 32768: 10 };
/** Bits that all primes may have together: less than security allows, so that the least of their sums fits. */
const MAX_BITS: Readonly<Record<number, number>> = { 4096: 109, 8192: 218, 16384: 438, 32768: 881 };

/** Adds to what belongs to N. */
function addTo(counts: Map<number, number>, degree: number, more: number): void {
  counts.set(degree, (counts.get(degree) ?? 0) + more);
}

/** Primes of sizes that are drawn at random, with a special one that is no smaller than any. */
function parametersFrom(generator: Generator) {
  const degrees = Object.keys(MAX_BITS).map(Number);
  const degree = degrees[generator.integer(degrees.length)]!;
  // Half of them with primes below 2^50, as the planner chooses them.
  const most = generator.integer(2) === 0 ? 50 : 60;
  const count = 2 + generator.integer(degree === 4096 ? 2 : 7);
  const least = degree === 32768 ? 24 : 20;
  const largest = Math.min(most, Math.floor(MAX_BITS[degree]! / count));
  const bits = Array.from({ length: count }, () => least + generator.integer(largest - least + 1));
  bits[count - 1] = Math.max(...bits);
  return withPrimes({ degree, bits });
}

/** Random operations on random ciphertexts by our kernels, on one thread and on three, whose bits must be those of SEAL. */
export class RandomCiphertexts implements Part {
  readonly name = 'ciphertexts';
  readonly unit = 'sets of parameters of ciphertexts';
  done = 0;
  /** Ciphertexts that were compared, and levels of the parameters, by N. */
  readonly #compared = new Map<number, number>();
  readonly #levels = new Map<number, number>();

  constructor() {
    enableRelaxedSimd();
    if (compileWideObstacle() === undefined) enableWideEvaluator();
  }

  get figures(): Readonly<Record<string, number>> {
    return Object.fromEntries([
      ...[...this.#compared].map(([degree, count]) => [
        `ciphertexts of N = ${degree} compared with those of SEAL`,
        count,
      ]),
      ...[...this.#levels].map(([degree, count]) => [`levels of N = ${degree}`, count]),
    ]);
  }

  async run(from: CaseSeed): Promise<void> {
    const seed = seedOf(from);
    const parameters = parametersFrom(new Generator(seed, 'ciphertexts'));
    const chain = new ModulusChain(parameters);
    const context = (await openSeal()).context(parameters);
    const secret = context.createSecretKey();
    const keys: EvaluationKeys = {
      relinearization: context.createRelinearizationKeys(secret),
      galois: context.createGaloisKeys(secret, steps),
    };
    secret.delete();
    const reference = new SealEvaluator(context, parameters, keys);
    const own = [1, 3].map((threads) => new WasmEvaluator(parameters, keys, { threads }));
    try {
      const sequences = fc.sample(fc.tuple(ciphertextSeeds, ciphertextSeeds, operations), {
        seed,
        numRuns: SEQUENCES[parameters.degree]!,
      });
      for (const [first, second, sequence] of sequences) {
        const [a, b] = [first, second].map(({ seed: each, hasEdges }) =>
          randomCiphertext(chain, each, hasEdges, 2 ** SCALE_BITS),
        ) as [Uint8Array, Uint8Array];
        const wanted = run(reference, a, b, sequence);
        for (const evaluator of own) {
          run(evaluator, a, b, sequence).forEach(({ bytes }, i) => {
            addTo(this.#compared, parameters.degree, 1);
            if (Buffer.compare(bytes, wanted[i]!.bytes) === 0) return;
            throw new SoakFailure(
              `N = ${parameters.degree}, primes of ${parameters.bits} bits: after ${JSON.stringify(sequence.slice(0, i + 1))} the bits are not those of SEAL`,
            );
          });
        }
      }
    } finally {
      for (const evaluator of own) evaluator.dispose();
      reference.dispose();
    }
    addTo(this.#levels, parameters.degree, parameters.bits.length - 1);
    this.done++;
  }

  async close(): Promise<void> {}
}
