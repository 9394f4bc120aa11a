import type { Shape } from '@pnn/nn';
import { type Affine, evaluateAffine, type Source } from './affine.js';
import { evaluateSteps, type Steps } from './steps.js';

/** A polynomial of every element, in the form that is computed: u ← steps(u), u being an affine map of earlier results. */
export interface PolynomialLayer {
  /** Path of the module in the network, and its class. */
  readonly name: string;
  readonly degree: number;
  /** The largest |x| that the polynomial is meant for. */
  readonly bound: number;
  /** Of one sample. */
  readonly shape: Shape;
  /** x/B: the inputs of the polynomial as shares of its bound. */
  readonly input: Affine;
  readonly steps: Steps;
  /** What stands for the result in later layers: factors and constants are folded into these. */
  readonly output: Source;
}

/** A network as affine maps and polynomials, nothing else. */
export interface Program {
  readonly inputShape: Shape;
  readonly input: Source;
  readonly layers: readonly PolynomialLayer[];
  readonly output: Affine;
}

/** What a program computes of one sample. */
export interface ProgramResult {
  readonly logits: Float64Array;
  /** For each layer the inputs of the polynomial, as shares of its bound. */
  readonly activations: readonly Float64Array[];
  /** For each layer what its steps give, without factor and constant: what later layers compute with. */
  readonly results: readonly Float64Array[];
}

/** Computes a program in float64. */
export function runProgram(program: Program, sample: ArrayLike<number>): ProgramResult {
  const values = new Map<Source, ArrayLike<number>>([[program.input, sample]]);
  const results: Float64Array[] = [];
  const activations = program.layers.map(({ input, steps, output }) => {
    const x = evaluateAffine(input, values);
    const result = evaluateSteps(steps, x);
    values.set(output, result);
    results.push(result);
    return x;
  });
  return { logits: evaluateAffine(program.output, values), activations, results };
}
