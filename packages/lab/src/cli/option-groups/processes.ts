import type { OptionSpecs } from '../options.js';

/** Several processes that train one network. */
export function processOptions(): OptionSpecs {
  return {
    mpi: { description: 'train together with the other processes that mpirun or srun has started' },
    'no-overlap': { description: 'send gradients when all are there, not while others are computed; same bits' },
    shards: {
      value: 'S',
      description:
        'equal parts of a batch, a power of two, each with a BatchNorm of its own; processes share them, and any number ' +
        'gives the same bits (default: the number of processes)',
    },
    'sync-batch-norm': {
      description: 'normalize by the statistics of the whole batch; shards exchange numbers at each BatchNorm',
    },
  };
}
