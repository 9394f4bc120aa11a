import type { Operators } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';
import { classificationRules } from './classification.js';
import { convolutionRules } from './convolution.js';
import { elementwiseRules } from './elementwise.js';
import { matrixRules } from './matrix.js';
import { movementRules } from './movement.js';
import { normalisationRules } from './normalisation.js';
import { polynomialRules } from './polynomial.js';
import { poolingRules } from './pooling.js';
import { reductionRules } from './reduction.js';
import { updateRules } from './update.js';

/** How every operator of the engine is differentiated. */
export const rules: RulesOf<Operators> = {
  ...elementwiseRules,
  ...reductionRules,
  ...matrixRules,
  ...movementRules,
  ...convolutionRules,
  ...poolingRules,
  ...classificationRules,
  ...normalisationRules,
  ...polynomialRules,
  ...updateRules,
};
