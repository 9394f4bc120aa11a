import {
  type Ciphertext,
  type EvaluationKeys,
  type Evaluator,
  MAX_WEIGHT,
  openSeal,
  type ParametersWithPrimes,
  type SealContext,
  withPrimes,
} from '@pnn/he';
import { prepareEncryptedNetwork } from './encrypted-network.js';
import { uniform } from './inputs.js';
import type { Prepared } from './subject.js';
import { type EncryptedNetworkWork, type EncryptedWork, WEIGHTED_SUMS } from './work.js';

/** Bits of the scale of numbers and weights. */
const SCALE_BITS = 40;

/** The steps of the rotations. */
export function stepsOf({ rotations }: EncryptedWork): number[] {
  return Array.from({ length: rotations }, (_, i) => i + 1);
}

/** Makes an evaluator with the keys of somebody. */
export type MakeEvaluator = (context: SealContext, parameters: ParametersWithPrimes, keys: EvaluationKeys) => Evaluator;

/**
 * Work on ciphertexts by an evaluator. SEAL makes the keys, encrypts and decrypts for everyone, so what is compared are the numbers
 * that come out.
 */
export function prepareEncrypted(work: EncryptedWork | EncryptedNetworkWork, make: MakeEvaluator): Promise<Prepared> {
  return work.kind === 'encrypted' ? prepareOperation(work, make) : prepareEncryptedNetwork(work, make);
}

async function prepareOperation(work: EncryptedWork, make: MakeEvaluator): Promise<Prepared> {
  const { operation, degree, bits } = work;
  const parameters = withPrimes({ degree, bits });
  const context = (await openSeal()).context(parameters);
  const secret = context.createSecretKey();
  const steps = stepsOf(work);
  const evaluator = make(context, parameters, {
    relinearization: context.createRelinearizationKeys(secret),
    galois: context.createGaloisKeys(secret, steps.length > 0 ? steps : [1]),
  });
  const numbers = (seed: number) => Float64Array.from(uniform(degree / 2, seed));
  const plaintext = context.encode(numbers(1), 2 ** SCALE_BITS);
  const x = evaluator.load(context.encrypt(plaintext, secret));
  plaintext.delete();
  const weights = evaluator.encode(numbers(2), 2 ** SCALE_BITS, x.level);
  const { rows, columns } = WEIGHTED_SUMS;
  const operands = operation === 'weighted sums' ? Array.from({ length: columns }, () => evaluator.rotate(x, 0)) : [];
  const integers = Int32Array.from(uniform(rows * columns, 2), (value) => Math.round((value - 0.5) * MAX_WEIGHT));
  const matrix = { rows, integers, shift: SCALE_BITS - Math.log2(MAX_WEIGHT) };
  const compute = (): readonly Ciphertext[] => {
    switch (operation) {
      case 'rotate':
        return steps.map((each) => evaluator.rotate(x, each));
      case 'rotate many':
        return evaluator.rotateMany(x, steps);
      case 'multiply plain':
        return [evaluator.multiplyPlain(x, weights)];
      case 'square': {
        const square = evaluator.square(x);
        evaluator.relinearizeInPlace(square);
        evaluator.rescaleInPlace(square);
        return [square];
      }
      case 'weighted sums':
        return evaluator.weightedSums(operands, matrix, x.scale * 2 ** SCALE_BITS);
    }
  };
  const decrypted = (ciphertext: Ciphertext): Float64Array => {
    const handle = context.loadCiphertext(evaluator.save(ciphertext));
    const result = context.decrypt(handle, secret);
    const values = context.decode(result);
    result.delete();
    handle.delete();
    return values;
  };
  const disposed = <T>(results: readonly Ciphertext[], value: T): T => {
    for (const each of results) each.dispose();
    return value;
  };
  return {
    run: () => disposed(compute(), undefined),
    outputs: () => {
      const results = compute();
      return disposed(results, results.map(decrypted));
    },
    dispose: () => {
      disposed([x, ...operands], undefined);
      weights.dispose();
      secret.delete();
      evaluator.dispose();
    },
  };
}
