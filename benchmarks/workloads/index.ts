import type { Workload } from '../workload.js';
import { convolutionWorkloads } from './convolution.js';
import { matmulWorkloads } from './matmul.js';
import { polynomialWorkloads } from './polynomial.js';
import { trainingWorkloads } from './training.js';

/** All workloads, in the order in which they are measured. */
export const workloads: readonly Workload[] = [
  ...polynomialWorkloads,
  ...matmulWorkloads,
  ...convolutionWorkloads,
  ...trainingWorkloads,
];
