import type { Ciphertext, Evaluator } from '../ckks/evaluator.js';
import type { Instruction, Scaled } from '../plan/activation.js';
import { Owned } from './owned.js';

type SumInstruction = Extract<Instruction, { readonly kind: 'sum' }>;

/** How the numbers of a polynomial meet a ciphertext: by plaintexts, or by one number for all slots. */
export interface Coefficients {
  /** A new ciphertext: the operand times the factor of one of the scaled terms. */
  times(operand: Ciphertext, term: Scaled, instruction: SumInstruction): Ciphertext;
  addConstant(sum: Ciphertext, instruction: SumInstruction): void;
}

/** A copy at a lower level, or the ciphertext itself where it is there already. */
export function atLevel(evaluator: Evaluator, ciphertext: Ciphertext, level: number, own: Owned): Ciphertext {
  if (ciphertext.level === level) return ciphertext;
  const copy = own.add(evaluator.rotate(ciphertext, 0));
  evaluator.dropToLevelInPlace(copy, level);
  return copy;
}

function sumOf(
  evaluator: Evaluator,
  instruction: SumInstruction,
  results: readonly Ciphertext[],
  coefficients: Coefficients,
  own: Owned,
): Ciphertext {
  const { doubled, scaled, level } = instruction;
  let sum: Ciphertext | undefined;
  const add = (term: Ciphertext) => {
    if (!sum) sum = term;
    else {
      evaluator.addInPlace(sum, term);
      own.release(term);
    }
  };
  for (const term of scaled) {
    const operand = atLevel(evaluator, results[term.operand]!, level + 1, own);
    add(own.add(coefficients.times(operand, term, instruction)));
  }
  if (sum) evaluator.rescaleInPlace(sum);
  for (const { operand, doublings } of doubled) {
    const term = own.add(evaluator.rotate(results[operand]!, 0));
    evaluator.dropToLevelInPlace(term, level);
    for (let i = 0; i < doublings; i++) evaluator.addInPlace(term, term);
    add(term);
  }
  coefficients.addConstant(sum!, instruction);
  return sum!;
}

/**
 * Computes the instructions of a polynomial of every element.
 *
 * @param x its variable, which is disposed of unless it is the result
 */
export function runInstructions(
  evaluator: Evaluator,
  instructions: readonly Instruction[],
  x: Ciphertext,
  coefficients: Coefficients,
): Ciphertext {
  const own = new Owned();
  try {
    const results: Ciphertext[] = [];
    for (const instruction of instructions) {
      if (instruction.kind === 'input') {
        results.push(own.add(x));
      } else if (instruction.kind === 'product') {
        const { level } = instruction;
        const a = atLevel(evaluator, results[instruction.a]!, level + 1, own);
        const b = instruction.a === instruction.b ? a : atLevel(evaluator, results[instruction.b]!, level + 1, own);
        const result = own.add(a === b ? evaluator.square(a) : evaluator.multiply(a, b));
        evaluator.relinearizeInPlace(result);
        evaluator.rescaleInPlace(result);
        results.push(result);
      } else {
        results.push(sumOf(evaluator, instruction, results, coefficients, own));
      }
    }
    return own.take(results.at(-1)!);
  } finally {
    own.dispose();
  }
}
