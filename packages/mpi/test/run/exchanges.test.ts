import { describe, expect, it } from 'vitest';
import { mpich, run, sharedMemory, tcp } from '../mpirun.js';

const program = 'packages/mpi/test/programs/exchanges.ts';
const seed = Math.floor(Math.random() * 2 ** 31);

const jobs = [
  ...sharedMemory.flatMap((launch) => [1, 2, 4].map((processes) => ({ launch, processes }))),
  ...tcp.flatMap((launch) => [2, 4].map((processes) => ({ launch, processes }))),
  ...mpich.flatMap((launch) => [1, 2, 4].map((processes) => ({ launch, processes }))),
];

describe.skipIf(jobs.length === 0)('exchanges between processes', () => {
  it.each(jobs)(
    '$launch.name, $processes: the bits of the tree, whatever the lengths',
    async ({ launch, processes }) => {
      const { status, stdout, stderr } = await run(launch, processes, program, `${seed}`, '6');
      expect(status, `seed ${seed}: ${stderr}`).toBe(0);
      expect(stdout).toMatch(new RegExp(`^[1-9]\\d+ checks, ${processes} processes`, 'm'));
      expect(stdout).toContain(launch.name.split(',')[0]);
    },
  );
});
