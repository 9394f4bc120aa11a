import { convolutionOperators } from './convolution.js';
import { elementwiseOperators } from './elementwise.js';
import { fourierOperators } from './fourier.js';
import { linearAlgebraOperators } from './linear-algebra.js';
import { matmulOperators } from './matmul.js';
import { movementOperators } from './movement.js';
import { normalizationOperators } from './normalization.js';
import { polynomialOperators } from './polynomial.js';
import { poolingOperators } from './pooling.js';
import { reductionOperators } from './reduction.js';
import { scanOperators } from './scan.js';
import { softmaxOperators } from './softmax.js';
import { sparseOperators } from './sparse.js';
import { updateOperators } from './update.js';

/** Every operator of the engine by its name: autograd has one rule for each of them. */
export const operators = {
  ...elementwiseOperators,
  ...reductionOperators,
  ...scanOperators,
  ...matmulOperators,
  ...linearAlgebraOperators,
  ...fourierOperators,
  ...sparseOperators,
  ...movementOperators,
  ...convolutionOperators,
  ...poolingOperators,
  ...softmaxOperators,
  ...normalizationOperators,
  ...polynomialOperators,
  ...updateOperators,
};

/** The operators by family, each of which has a file of rules. */
export interface OperatorFamilies {
  readonly elementwise: typeof elementwiseOperators;
  readonly reduction: typeof reductionOperators;
  readonly scan: typeof scanOperators;
  readonly matmul: typeof matmulOperators;
  readonly linearAlgebra: typeof linearAlgebraOperators;
  readonly fourier: typeof fourierOperators;
  readonly sparse: typeof sparseOperators;
  readonly movement: typeof movementOperators;
  readonly convolution: typeof convolutionOperators;
  readonly pooling: typeof poolingOperators;
  readonly softmax: typeof softmaxOperators;
  readonly normalization: typeof normalizationOperators;
  readonly polynomial: typeof polynomialOperators;
  readonly update: typeof updateOperators;
}

/** The operators of the engine. */
export type Operators = typeof operators;

/** The name of an operator of the engine. */
export type OperatorName = keyof Operators;
