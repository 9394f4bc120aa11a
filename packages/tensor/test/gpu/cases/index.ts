import { convolutionCases } from './convolution.js';
import { elementwiseCases } from './elementwise.js';
import { fourierCases } from './fourier.js';
import type { KernelCase } from './kernel-case.js';
import { linearAlgebraCases } from './linear-algebra.js';
import { matmulCases } from './matmul.js';
import { movementCases } from './movement.js';
import { normalizationCases } from './normalization.js';
import { polynomialCases } from './polynomial.js';
import { poolingCases } from './pooling.js';
import { randomCases } from './random.js';
import { reductionCases } from './reduction.js';
import { softmaxCases } from './softmax.js';
import { sparseCases } from './sparse.js';
import { updateCases } from './update.js';
import { windowCases } from './windows.js';

/** What every mode of the GPU device must fulfill. */
export const kernelCases: readonly KernelCase[] = [
  ...elementwiseCases,
  ...reductionCases,
  ...movementCases,
  ...matmulCases,
  ...linearAlgebraCases,
  ...fourierCases,
  ...convolutionCases,
  ...poolingCases,
  ...normalizationCases,
  ...polynomialCases,
  ...softmaxCases,
  ...sparseCases,
  ...randomCases,
  ...updateCases,
  ...windowCases,
];
