import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCheckpoint } from '@pnn/pnn/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandOf,
  type Ended,
  type Launch,
  mpich,
  node,
  Running,
  run,
  sharedMemory,
} from '../../packages/mpi/test/mpirun.js';
import { hostsObstacle, TwoHosts } from '../../packages/mpi/test/namespaces.js';
import { processesWith, until } from './job.js';

const [launch] = sharedMemory;
const obstacle = hostsObstacle();
if (obstacle) console.warn(`NOT TESTED: a training on two hosts: ${obstacle}`);

describe.skipIf(!launch)('the state at the end of a training', () => {
  const program = 'test/mpi/programs/training.ts';
  const stateOf = ({ status, stdout, stderr }: Ended) => {
    expect(status, stderr).toBe(0);
    return /^\d+ tensors, loss [\d.]+: [0-9a-f]{64}$/m.exec(stdout)?.[0];
  };
  let expected: string | undefined;
  beforeAll(async () => {
    expected = stateOf(await new Running([...node, program, '1']).ended);
    expect(expected).toBeDefined();
  });

  it.each([
    { launch: sharedMemory[0], processes: 1, threads: 2 },
    { launch: sharedMemory[0], processes: 2, threads: 2 },
    { launch: sharedMemory[0], processes: 4, threads: 1 },
    { launch: mpich[0], processes: 4, threads: 1 },
  ])(
    'is the same to the bit: $launch.name, $processes processes, $threads threads',
    async ({ launch, processes, threads }) => {
      if (launch) expect(stateOf(await run(launch, processes, program, `${threads}`))).toBe(expected);
    },
  );

  it.skipIf(obstacle)('is the same to the bit on two hosts', async () => {
    using hosts = new TwoHosts(2);
    expect(stateOf(await run(hosts.launch(4), 4, program, '1'))).toBe(expected);
  });
});

const main = 'packages/lab/src/cli/main.ts';
const options =
  '--train-samples 320 --test-samples 100 --epochs 5 --batch-size 32 --no-twin --shards 4 --lambda dual --threads 1';

// Several trainings, of four processes on what may be two busy cores.
describe.skipIf(!launch)('pnn train --mpi', { timeout: 300_000 }, () => {
  let folder: string;
  let uninterrupted: string;
  const networkOf = (out: string) =>
    createHash('sha256')
      .update(readFileSync(join(out, 'polynomial.safetensors')))
      .digest('hex');
  const train = (out: string) => ['train', ...options.split(' '), '--checkpoint-every', '3', '--out', out];
  const checkpointOf = (out: string) => join(out, 'checkpoint.safetensors');

  /** Starts a training and waits until it has written its first checkpoint. */
  async function begin(by: Launch, processes: number, out: string, environment?: Readonly<Record<string, string>>) {
    const job = new Running(commandOf(by, processes, main, ...train(out), '--mpi'), environment);
    void job.ended.then(({ status, stderr }) => {
      if (!existsSync(checkpointOf(out))) console.error(`ended with ${status}: ${stderr}`);
    });
    await until(() => existsSync(checkpointOf(out)), 'there is a checkpoint');
    return job;
  }

  async function expectNobodyLeft(out: string): Promise<void> {
    await until(() => processesWith(out).size === 0, 'all processes have ended');
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pnn-mpi-'));
    const out = join(folder, 'uninterrupted');
    const { status, stderr } = await new Running([...node, main, ...train(out)]).ended;
    expect(status, stderr).toBe(0);
    uninterrupted = networkOf(out);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('stops after the same step when mpirun gets SIGUSR2, and any number of processes goes on', async () => {
    const out = join(folder, 'signal');
    const job = await begin(launch!, 4, out);
    job.child.kill('SIGUSR2');
    const { status, stdout, stderr } = await job.ended;
    expect(status, stderr).toBe(130);
    expect(stdout.match(/Interrupted/g)).toHaveLength(1);
    await expectNobodyLeft(out);
    const single = join(folder, 'signal-single');
    cpSync(out, single, { recursive: true });
    for (const [where, start] of [
      [out, (words: string[]) => commandOf(launch!, 2, main, ...words, '--mpi')],
      [single, (words: string[]) => [...node, main, ...words]],
    ] as const) {
      const resumed = await new Running(start(['train', '--resume', checkpointOf(where)])).ended;
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(networkOf(where)).toBe(uninterrupted);
      expect(existsSync(checkpointOf(where))).toBe(false);
    }
  });

  it('stops alike when one process gets SIGTERM', async () => {
    const out = join(folder, 'term');
    const job = await begin(launch!, 2, out);
    process.kill(processesWith(out).get(1)!, 'SIGTERM');
    const { status, stderr } = await job.ended;
    expect(status, stderr).toBe(130);
    await expectNobodyLeft(out);
    const { state } = await loadCheckpoint(checkpointOf(out));
    expect(state.progress.step).toBeGreaterThan(0);
    expect(state.progress.step).toBeLessThan(50);
  });

  it.each([...sharedMemory, ...mpich])(
    'ends when a process of $name is killed, and the checkpoint goes on',
    async (by) => {
      const out = join(folder, `kill-${by.name}`);
      const job = await begin(by, 2, out);
      process.kill(processesWith(out).get(1)!, 'SIGKILL');
      expect((await job.ended).status).not.toBe(0);
      await expectNobodyLeft(out);
      const again = await run(by, 2, main, ...train(out), '--mpi', '--resume-if-exists');
      expect(again.status, again.stderr).toBe(0);
      expect(networkOf(out)).toBe(uninterrupted);
    },
  );

  it('ends when a process throws in the middle of it, and the checkpoint goes on', async () => {
    const out = join(folder, 'throw');
    const broken = commandOf(launch!, 2, main, ...train(out), '--mpi');
    broken.splice(broken.indexOf(main), 0, '--import', './test/mpi/programs/defect.ts');
    const { status, stderr } = await new Running(broken).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('a defect of the program');
    await expectNobodyLeft(out);
    expect((await loadCheckpoint(checkpointOf(out))).state.progress.step).toBe(6);
    const again = await run(launch!, 2, main, ...train(out), '--mpi', '--resume-if-exists');
    expect(again.status, again.stderr).toBe(0);
    expect(networkOf(out)).toBe(uninterrupted);
  });

  it('ends when a process stands still, and the checkpoint goes on', async () => {
    const out = join(folder, 'stop');
    const job = await begin(launch!, 2, out, { PNN_MPI_TIMEOUT: '4' });
    process.kill(processesWith(out).get(1)!, 'SIGSTOP');
    const { status, stderr } = await job.ended;
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^mpi: process 0 of 2 has waited 4 s for the others in \w+: one of them stands still/m);
    await expectNobodyLeft(out);
    const resumed = await new Running([...node, main, 'train', '--resume', checkpointOf(out)]).ended;
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(networkOf(out)).toBe(uninterrupted);
  });

  it.each<[string, number, string[], RegExp, number]>([
    [
      'processes without --mpi',
      2,
      [],
      /^pnn train: 2 processes were started, each of which would write the same files: train one network together by --mpi, or start one/m,
      2,
    ],
    ['more processes than shards', 2, ['--mpi', '--shards', '1'], /2 processes cannot share 1 shards/, 1],
    ['three processes', 3, ['--mpi'], /^mpi: the number of processes must be a power of two, not 3$/m, 1],
  ])('refuses %s with a sentence', async (what, processes, words, message, expected) => {
    const out = join(folder, what);
    const { status, stderr } = await run(launch!, processes, main, ...train(out), ...words);
    expect(stderr).toMatch(message);
    expect(status).toBe(expected);
    await expectNobodyLeft(out);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses --mpi without mpirun', async () => {
    const { status, stderr } = await new Running([...node, main, ...train(join(folder, 'alone')), '--mpi']).ended;
    expect(stderr).toContain('--mpi is for processes that mpirun or srun has started');
    expect(status).toBe(2);
  });

  it('refuses processes with other options, once and in all', async () => {
    const out = join(folder, 'options');
    const other = [':', '-n', '1', ...node, main, ...train(out), '--mpi', '--degree', '4'];
    const { status, stderr } = await new Running([...commandOf(launch!, 1, main, ...train(out), '--mpi'), ...other])
      .ended;
    expect(stderr.match(/^mpi: process 1 on \S+ and process 0 on \S+ differ in the options: /gm)).toHaveLength(1);
    expect(status).toBe(1);
    await expectNobodyLeft(out);
    expect(existsSync(out)).toBe(false);
  });
});
