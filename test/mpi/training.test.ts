import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCheckpoint } from '@pnn/pnn/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledPrograms } from '../../packages/mpi/test/bundled.js';
import {
  commandOf,
  type Ended,
  type Launch,
  mpich,
  Running,
  run,
  sharedMemory,
} from '../../packages/mpi/test/mpirun.js';
import { hostsObstacle, TwoHosts } from '../../packages/mpi/test/namespaces.js';
import { processesWith, until } from './job.js';

const folder = mkdtempSync(join(tmpdir(), 'pnn-mpi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { training, main, mishap } = await bundledPrograms(join(folder, 'programs'), {
  training: 'test/mpi/programs/training.ts',
  main: 'packages/lab/src/cli/main.ts',
  mishap: 'test/mpi/programs/mishap.ts',
});
const alone = (...words: string[]) => new Running([process.execPath, ...words]).ended;

const [launch] = sharedMemory;
const obstacle = hostsObstacle();
if (obstacle) console.warn(`NOT TESTED: a training on two hosts: ${obstacle}`);

describe.skipIf(!launch)('the state at the end of a training', () => {
  const stateOf = ({ status, stdout, stderr }: Ended) => {
    expect(status, stderr).toBe(0);
    return /^\d+ tensors, loss [\d.]+: [0-9a-f]{64}$/m.exec(stdout)?.[0];
  };
  let expected: string | undefined;
  beforeAll(async () => {
    expected = stateOf(await alone(training, '1'));
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
      if (launch) expect(stateOf(await run(launch, processes, training, `${threads}`))).toBe(expected);
    },
  );

  it.skipIf(obstacle)('is the same to the bit on two hosts', async () => {
    using hosts = new TwoHosts(2);
    expect(stateOf(await run(hosts.launch(4), 4, training, '1'))).toBe(expected);
  });
});

const options =
  '--train-samples 192 --test-samples 60 --widths 4,8 --epochs 5 --batch-size 32 --no-twin --shards 4 --lambda dual --threads 1';

// Several trainings, of four processes on what may be two busy cores.
describe.skipIf(!launch)('pnn train --mpi', { timeout: 300_000 }, () => {
  let uninterrupted: string;
  const networkOf = (out: string) =>
    createHash('sha256')
      .update(readFileSync(join(out, 'polynomial.safetensors')))
      .digest('hex');
  const train = (out: string) => ['train', ...options.split(' '), '--checkpoint-every', '3', '--out', out];
  const checkpointOf = (out: string) => join(out, 'checkpoint.safetensors');

  /** A training in which something happens to the last process in its eighth step, behind the checkpoint of the sixth. */
  async function trainWith(what: string, by: Launch, processes: number, out: string): Promise<Ended> {
    const command = commandOf(by, processes, main, ...train(out), '--mpi');
    command.splice(command.indexOf(main), 0, '--import', mishap);
    const environment = { MISHAP: what, ...(what === 'SIGSTOP' && { PNN_MPI_TIMEOUT: '4' }) };
    const ended = await new Running(command, environment).ended;
    await until(() => processesWith(out).size === 0, 'all processes have ended');
    return ended;
  }

  async function stepOf(out: string): Promise<number> {
    return (await loadCheckpoint(checkpointOf(out))).state.progress.step;
  }

  beforeAll(async () => {
    const out = join(folder, 'uninterrupted');
    const { status, stderr } = await alone(main, ...train(out));
    expect(status, stderr).toBe(0);
    uninterrupted = networkOf(out);
  });

  it('stops after the same step when mpirun gets SIGUSR2, and any number of processes goes on', async () => {
    const out = join(folder, 'signal');
    const { status, stdout, stderr } = await trainWith('SIGUSR2 to mpirun', launch!, 4, out);
    expect(status, stderr).toBe(130);
    expect(stdout.match(/Interrupted/g)).toHaveLength(1);
    const single = join(folder, 'signal-single');
    cpSync(out, single, { recursive: true });
    for (const [where, command] of [
      [out, commandOf(launch!, 2, main, 'train', '--resume', checkpointOf(out), '--mpi')],
      [single, [process.execPath, main, 'train', '--resume', checkpointOf(single)]],
    ] as const) {
      const resumed = await new Running(command).ended;
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(networkOf(where)).toBe(uninterrupted);
      expect(existsSync(checkpointOf(where))).toBe(false);
    }
  });

  it('stops alike when one process gets SIGTERM', async () => {
    const out = join(folder, 'term');
    const { status, stderr } = await trainWith('SIGTERM', launch!, 2, out);
    expect(status, stderr).toBe(130);
    const step = await stepOf(out);
    expect(step).toBeGreaterThanOrEqual(8);
    expect(step).toBeLessThan(30);
  });

  it.each([...sharedMemory, ...mpich])(
    'ends when a process of $name is killed, and the checkpoint goes on',
    async (by) => {
      const out = join(folder, `kill-${by.name}`);
      expect((await trainWith('SIGKILL', by, 2, out)).status).not.toBe(0);
      expect(await stepOf(out)).toBe(6);
      const again = await run(by, 2, main, ...train(out), '--mpi', '--resume-if-exists');
      expect(again.status, again.stderr).toBe(0);
      expect(networkOf(out)).toBe(uninterrupted);
    },
  );

  it('ends when a process throws in the middle of it, and the checkpoint goes on', async () => {
    const out = join(folder, 'throw');
    const { status, stderr } = await trainWith('throw', launch!, 2, out);
    expect(status).toBe(1);
    expect(stderr).toContain('a defect of the program');
    expect(await stepOf(out)).toBe(6);
    const again = await run(launch!, 2, main, ...train(out), '--mpi', '--resume-if-exists');
    expect(again.status, again.stderr).toBe(0);
    expect(networkOf(out)).toBe(uninterrupted);
  });

  it('ends when a process stands still, and the checkpoint goes on', async () => {
    const out = join(folder, 'stop');
    const { status, stderr } = await trainWith('SIGSTOP', launch!, 2, out);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^mpi: process 0 of 2 has waited 4 s for the others in \w+: one of them stands still/m);
    expect(await stepOf(out)).toBe(6);
    const resumed = await alone(main, 'train', '--resume', checkpointOf(out));
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
    await until(() => processesWith(out).size === 0, 'all processes have ended');
    expect(existsSync(out)).toBe(false);
  });

  it('refuses --mpi without mpirun', async () => {
    const { status, stderr } = await alone(main, ...train(join(folder, 'alone')), '--mpi');
    expect(stderr).toContain('--mpi is for processes that mpirun or srun has started');
    expect(status).toBe(2);
  });

  it('refuses processes with other options, once and in all', async () => {
    const out = join(folder, 'options');
    const other = [':', '-n', '1', process.execPath, main, ...train(out), '--mpi', '--degree', '4'];
    const { status, stderr } = await new Running([...commandOf(launch!, 1, main, ...train(out), '--mpi'), ...other])
      .ended;
    expect(stderr.match(/^mpi: process 1 on \S+ and process 0 on \S+ differ in the options: /gm)).toHaveLength(1);
    expect(status).toBe(1);
    await until(() => processesWith(out).size === 0, 'all processes have ended');
    expect(existsSync(out)).toBe(false);
  });
});
