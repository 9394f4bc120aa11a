import { type EvaluationKeys, ModulusChain, openSeal, SealEvaluator, WasmEvaluator, withPrimes } from '@pnn/he';
import { Generator } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import fc from 'fast-check';
import { operations, run, SCALE_BITS, steps } from '../../packages/he/test/evaluator/operations.js';
import { ciphertextSeeds, randomCiphertext } from '../../packages/he/test/evaluator/random-ciphertext.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

/** Sequences of operations for each set of parameters, whose keys take longer than all of them. */
const SEQUENCES = 40;
/** Bits that all primes may have together: less than security allows, so that the least of their sums fits. */
const MAX_BITS: Readonly<Record<number, number>> = { 4096: 109, 8192: 218, 16384: 438, 32768: 881 };

/** Primes of sizes that are drawn at random, with a special one that is no smaller than any. */
function parametersFrom(generator: Generator) {
  const degrees = Object.keys(MAX_BITS).map(Number);
  const degree = degrees[generator.integer(degrees.length)]!;
  // Half of them with primes below 2^50, as the planner chooses them.
  const most = generator.integer(2) === 0 ? 50 : 60;
  const count = 2 + generator.integer(degree === 4096 ? 2 : degree === 32768 ? 5 : 7);
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
  #compared = 0;
  #levels = 0;

  constructor() {
    enableRelaxedSimd();
  }

  get figures(): Readonly<Record<string, number>> {
    return { 'ciphertexts compared with those of SEAL': this.#compared, 'levels of parameters': this.#levels };
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
        numRuns: SEQUENCES,
      });
      for (const [first, second, sequence] of sequences) {
        const [a, b] = [first, second].map(({ seed: each, hasEdges }) =>
          randomCiphertext(chain, each, hasEdges, 2 ** SCALE_BITS),
        ) as [Uint8Array, Uint8Array];
        const wanted = run(reference, a, b, sequence);
        for (const evaluator of own) {
          run(evaluator, a, b, sequence).forEach(({ bytes }, i) => {
            this.#compared++;
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
    this.#levels += parameters.bits.length - 1;
    this.done++;
  }

  async close(): Promise<void> {}
}
