import { classificationOperators } from './classification.js';
import { convolutionOperators } from './convolution.js';
import { elementwiseOperators } from './elementwise.js';
import { matrixOperators } from './matrix.js';
import { movementOperators } from './movement.js';
import { normalisationOperators } from './normalisation.js';
import { polynomialOperators } from './polynomial.js';
import { poolingOperators } from './pooling.js';
import { reductionOperators } from './reduction.js';
import { updateOperators } from './update.js';

/** Every operator of the engine by its name: autograd has one rule for each of them. */
export const operators = {
  ...elementwiseOperators,
  ...reductionOperators,
  ...matrixOperators,
  ...movementOperators,
  ...convolutionOperators,
  ...poolingOperators,
  ...classificationOperators,
  ...normalisationOperators,
  ...polynomialOperators,
  ...updateOperators,
};

/** The operators by family, each of which has a file of rules. */
export interface OperatorFamilies {
  readonly elementwise: typeof elementwiseOperators;
  readonly reduction: typeof reductionOperators;
  readonly matrix: typeof matrixOperators;
  readonly movement: typeof movementOperators;
  readonly convolution: typeof convolutionOperators;
  readonly pooling: typeof poolingOperators;
  readonly classification: typeof classificationOperators;
  readonly normalisation: typeof normalisationOperators;
  readonly polynomial: typeof polynomialOperators;
  readonly update: typeof updateOperators;
}

/** The operators of the engine. */
export type Operators = typeof operators;

/** The name of an operator of the engine. */
export type OperatorName = keyof Operators;
