import fc from 'fast-check';
import type { Ciphertext, Evaluator } from '../../src/index.js';

/** The steps of the rotations that there are keys of. */
export const steps = [1, -3, 64];

/** One operation on a ciphertext and an operand of the top level; what it takes away and gives is disposed of by `apply`. */
export type Operation =
  | { readonly name: 'rotate'; readonly steps: number }
  | { readonly name: 'square' | 'rescale' | 'add' | 'multiply' | 'relinearize' | 'drop' }
  | { readonly name: 'multiplyPlain' | 'addPlain'; readonly seed: number };

/** Any sequence; what does not fit the level or the form of the ciphertext is left out when it is its turn. */
export const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    fc.record({ name: fc.constant('rotate' as const), steps: fc.constantFrom(0, ...steps) }),
    fc.record({
      name: fc.constantFrom(
        'square' as const,
        'rescale' as const,
        'add' as const,
        'multiply' as const,
        'relinearize' as const,
        'drop' as const,
      ),
    }),
    fc.record({ name: fc.constantFrom('multiplyPlain' as const, 'addPlain' as const), seed: fc.nat({ max: 1000 }) }),
  ),
  { minLength: 1, maxLength: 7 },
);

/** Bits of the scale of all operands. */
export const SCALE_BITS = 12;

function bitsOf({ parameters }: Evaluator, level: number): number {
  return parameters.primes.slice(0, level + 1).reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
}

function numbers(evaluator: Evaluator, seed: number): Float64Array {
  return Float64Array.from({ length: evaluator.parameters.degree / 2 }, (_, i) => Math.sin(1 + seed + i * (seed % 7)));
}

/** Runs operations on a ciphertext and gives the bytes after each, and the scales. */
export function run(evaluator: Evaluator, bytes: Uint8Array, other: Uint8Array, sequence: readonly Operation[]) {
  const results: { readonly bytes: Uint8Array; readonly scale: number }[] = [];
  let current: Ciphertext = evaluator.load(bytes);
  const operand = evaluator.load(other);
  /** Products are of three polynomials. */
  let isProduct = false;
  const next = (made: Ciphertext) => {
    current.dispose();
    current = made;
  };
  const sibling = () => {
    const copy = evaluator.rotate(operand, 0);
    evaluator.dropToLevelInPlace(copy, current.level);
    return copy;
  };
  const fits = (bits: number) => Math.log2(current.scale) + bits + 2 < bitsOf(evaluator, current.level);
  for (const operation of sequence) {
    switch (operation.name) {
      case 'rotate':
        if (!isProduct) next(evaluator.rotate(current, operation.steps));
        break;
      case 'square':
      case 'multiply': {
        if (isProduct || !fits(operation.name === 'square' ? Math.log2(current.scale) : SCALE_BITS)) break;
        const factor = sibling();
        next(operation.name === 'square' ? evaluator.square(current) : evaluator.multiply(current, factor));
        factor.dispose();
        isProduct = true;
        break;
      }
      case 'relinearize':
        if (isProduct) evaluator.relinearizeInPlace(current);
        isProduct = false;
        break;
      case 'rescale':
        if (current.level > 0) evaluator.rescaleInPlace(current);
        break;
      case 'drop':
        if (current.level > 0 && Math.log2(current.scale) + 2 < bitsOf(evaluator, current.level - 1)) {
          evaluator.dropToLevelInPlace(current, current.level - 1);
        }
        break;
      case 'add': {
        const rotated = isProduct ? evaluator.add(current, current) : evaluator.rotate(current, 1);
        next(evaluator.add(current, rotated));
        rotated.dispose();
        break;
      }
      case 'multiplyPlain': {
        if (!fits(SCALE_BITS)) break;
        const plaintext = evaluator.encode(numbers(evaluator, operation.seed), 2 ** SCALE_BITS, current.level);
        next(evaluator.multiplyPlain(current, plaintext));
        plaintext.dispose();
        break;
      }
      case 'addPlain': {
        if (!fits(0) || Math.log2(current.scale) < SCALE_BITS) break;
        const plaintext = evaluator.encode(numbers(evaluator, operation.seed), current.scale, current.level);
        evaluator.addPlainInPlace(current, plaintext);
        plaintext.dispose();
      }
    }
    results.push({ bytes: evaluator.save(current), scale: current.scale });
  }
  current.dispose();
  operand.dispose();
  return results;
}
