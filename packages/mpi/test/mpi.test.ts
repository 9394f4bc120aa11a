import { afterEach, describe, expect, it } from 'vitest';
import { MpiError, mpi } from '../src/index.js';

const names = ['OMPI_COMM_WORLD', 'PMI']
  .flatMap((prefix) => [`${prefix}_RANK`, `${prefix}_SIZE`])
  .concat('SLURM_PROCID', 'SLURM_STEP_NUM_TASKS', 'PNN_MPI_TIMEOUT', 'PNN_MPI_DIRECT_COPIES');
const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));

function setEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  for (const name of names) {
    const value = environment[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

describe('mpi', () => {
  afterEach(() => setEnvironment(before));

  it.each<[string, Record<string, string>, Parameters<typeof mpi>[0], string]>([
    [
      'without mpirun',
      {},
      {},
      'mpi: nothing has started this process as one of several: mpirun -n 2 node PROGRAM, or srun --mpi=pmix',
    ],
    [
      'with three processes',
      { PMI_SIZE: '3', PMI_RANK: '0' },
      {},
      'mpi: the number of processes must be a power of two, not 3',
    ],
    [
      'with a timeout of 0',
      { PMI_SIZE: '2', PMI_RANK: '0' },
      { timeout: 0 },
      'mpi: timeout must be a number of seconds above 0, not 0',
    ],
    [
      'with a timeout that is no number',
      { PMI_SIZE: '2', PMI_RANK: '0', PNN_MPI_TIMEOUT: 'soon' },
      {},
      'mpi: PNN_MPI_TIMEOUT must be a number of seconds above 0, not "soon"',
    ],
    [
      'with a choice that is none',
      { PMI_SIZE: '2', PMI_RANK: '0', PNN_MPI_DIRECT_COPIES: 'no' },
      {},
      'mpi: PNN_MPI_DIRECT_COPIES must be 0 or 1, not "no"',
    ],
    [
      'with a library of something else',
      { PMI_SIZE: '2', PMI_RANK: '0' },
      { library: 'libm.so.6' },
      "mpi: libm.so.6 is no library of MPI (Cannot find function 'MPI_Get_library_version' in shared library): " +
        'see PNN_MPI_LIBRARY',
    ],
    [
      'without the library',
      { OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: '0' },
      { library: 'libnowhere.so' },
      'mpi: the library of MPI cannot be loaded (libnowhere.so: Failed to load shared library: cannot open ' +
        'shared object file: No such file or directory), and Open MPI has started this process: install the same MPI on ' +
        'every machine (openmpi-bin or mpich), or name the file in PNN_MPI_LIBRARY',
    ],
  ])('refuses to start %s', async (_, environment, options, message) => {
    setEnvironment(environment);
    await expect(mpi(options)).rejects.toEqual(new MpiError(message));
  });
});
