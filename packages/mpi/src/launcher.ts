/** What has started this process as one of several, by the variables that it sets. */
export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH' | 'Slurm';
  /** The number of processes that it has started. */
  readonly size: number;
}

/** The first is asked first: Open MPI under Slurm sets its own variables besides. */
const launchers: readonly { readonly name: Launcher['name']; readonly size: string }[] = [
  { name: 'Open MPI', size: 'OMPI_COMM_WORLD_SIZE' },
  { name: 'MPICH', size: 'PMI_SIZE' },
  { name: 'Slurm', size: 'SLURM_STEP_NUM_TASKS' },
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
  // The shell of an allocation has no process id of a task; the tasks that srun starts have.
  for (const { name, size } of launchers) {
    if (name === 'Slurm' && environment.SLURM_PROCID === undefined) continue;
    const count = Number(environment[size]);
    if (Number.isInteger(count) && count > 0) return { name, size: count };
  }
  return undefined;
}
