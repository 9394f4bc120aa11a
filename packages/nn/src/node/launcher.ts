/** What has started this process as one of several, by the variables that it sets. */
export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH' | 'Slurm';
  /** Which of the processes this one is, from 0 on. */
  readonly rank: number;
  /** The number of processes that it has started. */
  readonly size: number;
}

/** The first is asked first: Open MPI under Slurm sets its own variables besides. */
const launchers: readonly { readonly name: Launcher['name']; readonly rank: string; readonly size: string }[] = [
  { name: 'Open MPI', rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
  { name: 'MPICH', rank: 'PMI_RANK', size: 'PMI_SIZE' },
  // The shell of an allocation has no process id of a task; the tasks that srun starts have.
  { name: 'Slurm', rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS' },
];

/**
 * What has started this process, without a look at MPI itself; undefined if nothing of `mpirun` and `srun` did. A program
 * that knows nothing of the other processes must not write their files: this tells it that there are some.
 *
 * @param environment @default process.env
 */
export function findLauncher(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Launcher | undefined {
  for (const { name, ...variables } of launchers) {
    const [rank, size] = [environment[variables.rank], environment[variables.size]].map((text) =>
      Number(text || 'none'),
    );
    if (Number.isInteger(rank) && Number.isInteger(size) && size! > 0) return { name, rank: rank!, size: size! };
  }
  return undefined;
}
