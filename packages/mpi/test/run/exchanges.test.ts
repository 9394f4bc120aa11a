import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledPrograms } from '../bundled.js';
import { mpich, mpichMessages, run, sharedMemory, tcp } from '../mpirun.js';
import { hostsObstacle, TwoHosts } from '../namespaces.js';

const folder = mkdtempSync(join(tmpdir(), 'pnn-exchanges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { program } = await bundledPrograms(folder, { program: 'packages/mpi/test/programs/exchanges.ts' });

const seed = Math.floor(Math.random() * 2 ** 31);

/** Whether processes that are not parents of each other may read each other's memory: Yama forbids it on many a desktop. */
const mayCopy = spawnSync('head', ['-c', '0', `/proc/${process.pid}/mem`]).status === 0;
if (!mayCopy) console.warn('NOT TESTED: that processes copy from memory to memory: the system may keep them apart');
// Open MPI may have the system let them where it would not by itself.
const direct = mayCopy ? 'copies' : '(copies|messages)';

const jobs = [
  ...sharedMemory.flatMap((launch) => [1, 2, 4].map((processes) => ({ launch, processes, way: direct }))),
  ...tcp.flatMap((launch) => [2, 4].map((processes) => ({ launch, processes, way: 'messages' }))),
  ...mpich.map((launch) => ({ launch, processes: 4, way: direct })),
  ...mpichMessages.map((launch) => ({ launch, processes: 2, way: 'messages' })),
];

describe.skipIf(jobs.length === 0)('exchanges between processes', () => {
  it.each(jobs)(
    '$launch.name, $processes, $way: the bits of the tree, whatever the lengths',
    async ({ launch, processes, way }) => {
      const { status, stdout, stderr } = await run(launch, processes, program, `${seed}`, '6');
      expect(status, `seed ${seed}: ${stderr}`).toBe(0);
      expect(stdout).toMatch(new RegExp(`^[1-9]\\d+ checks, ${processes} processes, ${way}`, 'm'));
      expect(stdout).toContain(launch.name.split(',')[0]);
    },
  );
});

const obstacle = hostsObstacle();
if (obstacle) console.warn(`NOT TESTED: processes on two hosts: ${obstacle}`);

describe.skipIf(obstacle)('exchanges between hosts', () => {
  it('have the bits of the tree', async () => {
    using hosts = new TwoHosts(1);
    const { status, stdout, stderr } = await run(hosts.launch(4), 4, program, `${seed}`, '3');
    expect(status, `seed ${seed}: ${stderr}`).toBe(0);
    expect(stdout).toMatch(/^[1-9]\d+ checks, 4 processes, messages/m);
  });
});
