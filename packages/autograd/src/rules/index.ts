import type { Operators } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';
import { convolutionRules } from './convolution.js';
import { elementwiseRules } from './elementwise.js';
import { fourierRules } from './fourier.js';
import { linearAlgebraRules } from './linear-algebra.js';
import { matmulRules } from './matmul.js';
import { movementRules } from './movement.js';
import { normalizationRules } from './normalization.js';
import { polynomialRules } from './polynomial.js';
import { poolingRules } from './pooling.js';
import { reductionRules } from './reduction.js';
import { scanRules } from './scan.js';
import { softmaxRules } from './softmax.js';
import { sparseRules } from './sparse.js';
import { updateRules } from './update.js';

/** How every operator of the engine is differentiated. */
export const rules: RulesOf<Operators> = {
  ...elementwiseRules,
  ...reductionRules,
  ...scanRules,
  ...matmulRules,
  ...linearAlgebraRules,
  ...fourierRules,
  ...sparseRules,
  ...movementRules,
  ...convolutionRules,
  ...poolingRules,
  ...softmaxRules,
  ...normalizationRules,
  ...polynomialRules,
  ...updateRules,
};
