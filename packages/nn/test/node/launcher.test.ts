import { describe, expect, it } from 'vitest';
import { findLauncher } from '../../src/node/index.js';

describe('findLauncher', () => {
  it.each([
    [
      'mpirun of Open MPI',
      { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '1' },
      { name: 'Open MPI', rank: 1, size: 4 },
    ],
    ['mpirun of MPICH', { PMI_SIZE: '2', PMI_RANK: '0' }, { name: 'MPICH', rank: 0, size: 2 }],
    ['srun', { SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '3' }, { name: 'Slurm', rank: 3, size: 8 }],
    [
      'mpirun within an allocation',
      { SLURM_STEP_NUM_TASKS: '1', SLURM_PROCID: '0', OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: '1' },
      { name: 'Open MPI', rank: 1, size: 2 },
    ],
  ])('knows %s', (_, environment, expected) => {
    expect(findLauncher(environment)).toEqual(expected);
  });

  it.each([
    ['a shell', {}],
    ['the shell of an allocation', { SLURM_JOB_ID: '7', SLURM_NTASKS: '8' }],
    ['an empty variable', { OMPI_COMM_WORLD_SIZE: '', OMPI_COMM_WORLD_RANK: '' }],
    ['nonsense', { PMI_SIZE: 'many', PMI_RANK: '0' }],
  ])('finds nothing in %s', (_, environment) => {
    expect(findLauncher(environment)).toBeUndefined();
  });
});
