import { elementwiseCases } from './elementwise.js';
import type { KernelCase } from './kernel-case.js';
import { matrixCases } from './matrix.js';
import { movementCases } from './movement.js';
import { normalizationCases } from './normalization.js';
import { polynomialCases } from './polynomial.js';
import { reductionCases } from './reduction.js';
import { trainingCases } from './training.js';

/** What every mode of the GPU device must fulfill. */
export const kernelCases: readonly KernelCase[] = [
  ...elementwiseCases,
  ...reductionCases,
  ...movementCases,
  ...matrixCases,
  ...normalizationCases,
  ...polynomialCases,
  ...trainingCases,
];
