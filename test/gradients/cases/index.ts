import type { GradientCases } from '../gradient-case.js';
import { activationCases } from './activations.js';
import { algebraCases, algebraOperatorCases } from './algebra.js';
import { attentionCases } from './attention.js';
import { composedCases } from './composed.js';
import { elementwiseCases } from './elementwise.js';
import { embeddingCases } from './embedding.js';
import { fusedCases } from './fused.js';
import { lossCases } from './losses.js';
import { movementCases } from './movement.js';
import { normCases } from './norms.js';
import { recurrentCases } from './recurrent.js';
import { reductionCases } from './reduction.js';
import { windowCases } from './window.js';
import { windowFunctionCases } from './window-functions.js';
import { windowLayerCases } from './window-layers.js';

/** One for every operator that has derivatives, under its name. */
export const operatorGradientCases: GradientCases = {
  ...elementwiseCases,
  ...movementCases,
  ...reductionCases,
  ...windowCases,
  ...fusedCases,
  ...algebraOperatorCases,
};

/** Those of functions that are composed of several operators. */
export const functionGradientCases: GradientCases = {
  ...composedCases,
  ...windowFunctionCases,
  ...windowLayerCases,
  ...lossCases,
  ...activationCases,
  ...normCases,
  ...embeddingCases,
  ...attentionCases,
  ...recurrentCases,
  ...algebraCases,
};

/** All of both. */
export const gradientCases: GradientCases = { ...operatorGradientCases, ...functionGradientCases };
