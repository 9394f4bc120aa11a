import type { Workload } from '../workload.js';
import { encryptedNetworkWorkloads, encryptedWorkloads } from './encrypted.js';
import { polynomialWorkloads } from './polynomial.js';
import { batchNormWorkloads, convolutionWorkloads, matmulWorkloads, optimizerWorkloads } from './tensors.js';
import { trainingWorkloads } from './training.js';

/** All workloads, in the order in which they are measured. */
export const workloads: readonly Workload[] = [
  ...polynomialWorkloads,
  ...matmulWorkloads,
  ...convolutionWorkloads,
  ...batchNormWorkloads,
  ...optimizerWorkloads,
  ...trainingWorkloads,
  ...encryptedWorkloads,
  ...encryptedNetworkWorkloads,
];
