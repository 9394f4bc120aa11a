import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StudyFolder } from '../../src/trials/study-folder.js';
import { bundledCommand } from './bundled.js';

const scripts = fileURLToPath(new URL('../../../../examples/sweeps/', import.meta.url));

let root: string;
/** The command as the scripts call it. */
let pnn: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'pnn-schedulers-'));
  pnn = `${process.execPath} ${await bundledCommand(join(root, 'program'))}`;
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function isInstalled(program: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!isThere) console.warn(`\n*** ${program} is not installed: what runs by it is NOT tested ***\n`);
  return isThere;
}

const small =
  '--train-samples 120 --test-samples 40 --widths 3,3 --batch-size 20 --no-twin --seeds 1 --threads 1'.split(' ');

async function finishedIn(folder: string): Promise<number> {
  return (await new StudyFolder(folder).states()).results.size;
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program to its end without blocking. */
async function run(program: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '', PNN: pnn, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

describe('a study by GNU parallel', () => {
  it.runIf(isInstalled('parallel'))('is trained in shares, and reported', async () => {
    const folder = join(root, 'a folder');
    const study = ['degrees', '--degrees', '2,4,8', '--epochs', '1', ...small];
    // GNU parallel asks on its first call for a citation, on a terminal only.
    const { status, output } = await run(join(scripts, 'parallel.sh'), ['3', folder, ...study], {
      PARALLEL: '--jobs 2',
      PARALLEL_HOME: root,
    });
    expect(status, output).toBe(0);
    for (const share of ['1/3', '2/3', '3/3'])
      expect(output).toMatch(new RegExp(`^${share[0]}\\t.*: 1 trials, in `, 'm'));
    expect(output).toContain('3 of 3 trials finished');
    expect(await finishedIn(folder)).toBe(3);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });
});

describe('a study as an Indexed Job of Kubernetes', () => {
  it('has the command of a share in each pod', async () => {
    const manifest = readFileSync(join(scripts, 'kubernetes.yaml'), 'utf8');
    const [, folded] = /args:\n\s+- >-\n((?: {14}.*\n)+)/.exec(manifest)!;
    const folder = join(root, 'pods');
    const command = folded!
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ')
      .replace('node_modules/.bin/pnn', pnn)
      .replace(
        '--dataset mnist --data /data/mnist --seeds 3',
        `--degrees 2,4 --epochs 1 ${small.slice(0, -2).join(' ')}`,
      )
      .replace('/runs/degrees', folder)
      .replace('--threads 4', '--threads 1');
    const [completions, shares] = [/completions: (\d+)/, /value: "(\d+)"/].map((each) => each.exec(manifest)?.[1]);
    expect(completions).toBe(shares);
    for (const index of [0, 1]) {
      const { status, output } = await run('sh', ['-c', command], { JOB_COMPLETION_INDEX: `${index}`, SHARES: '2' });
      expect(status, output).toBe(0);
      expect(await finishedIn(folder)).toBe(index + 1);
    }
  });
});

const hasSlurm = ['slurmctld', 'slurmd', 'sbatch'].map(isInstalled).every(Boolean) && process.getuid?.() === 0;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A cluster of this machine alone, which listens on the loopback only. */
async function startCluster(
  folder: string,
): Promise<{ readonly configuration: string; readonly daemons: ChildProcess[] }> {
  for (const each of ['state', 'spool']) mkdirSync(join(folder, each), { recursive: true });
  const configuration = join(folder, 'slurm.conf');
  writeFileSync(
    configuration,
    `ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmdPort=${await freePort()}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
StateSaveLocation=${join(folder, 'state')}
SlurmdSpoolDir=${join(folder, 'spool')}
SlurmctldPidFile=${join(folder, 'slurmctld.pid')}
SlurmdPidFile=${join(folder, 'slurmd.pid')}
ReturnToService=2
KillWait=1
NodeName=localhost NodeAddr=127.0.0.1 NodeHostname=${hostname().split('.')[0]} CPUs=${availableParallelism()} State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const start = (program: string, ...args: string[]) =>
    spawn(program, ['-D', '-f', configuration, ...args], { stdio: 'ignore' });
  const daemons = [start('slurmctld'), start('slurmd', '-N', 'localhost')];
  for (let tries = 0; tries < 300; tries++) {
    const { output } = await run('sinfo', ['-h', '-o', '%T'], { SLURM_CONF: configuration });
    if (output.trim() === 'idle') return { configuration, daemons };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const daemon of daemons) daemon.kill();
  throw new Error('the cluster of the test does not start');
}

describe('a study as a Slurm job array', () => {
  it.runIf(hasSlurm)('is trained in shares, also where a task is told to stop and queued again', async () => {
    const cluster = join(root, 'slurm');
    const { configuration, daemons } = await startCluster(cluster);
    const slurm = (program: string, ...args: string[]) => run(program, args, { SLURM_CONF: configuration });
    try {
      const folder = join(root, 'array');
      const study = [
        'degrees',
        '--degrees',
        '2,4',
        '--epochs',
        '160',
        '--checkpoint-every',
        '0.5',
        ...small.slice(0, -2),
      ];
      const logs = join(root, 'task-%a.log');
      const submitted = await slurm(
        'sbatch',
        '--parsable',
        '--array=1-2',
        '--cpus-per-task=1',
        '--time=00:10:00',
        `--output=${logs}`,
        join(scripts, 'slurm.sh'),
        folder,
        ...study,
      );
      expect(submitted.status, submitted.output).toBe(0);
      const job = submitted.output.trim();
      const log = () => (existsSync(join(root, 'task-1.log')) ? readFileSync(join(root, 'task-1.log'), 'utf8') : '');
      const until = async (isSo: () => boolean | Promise<boolean>) => {
        while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100));
      };
      const isInProgress = () => {
        const checkpoints = new StudyFolder(folder).checkpoints;
        return log().includes('trials, in') && existsSync(checkpoints) && readdirSync(checkpoints).length === 2;
      };
      await until(isInProgress);
      await slurm('scancel', '--signal=TERM', '--batch', `${job}_1`);
      await until(() => log().includes('Interrupted.'));
      // Slurm waits two minutes before it starts a job again, and as long as its first run has not ended for good.
      const isPending = async () => (await slurm('squeue', '-h', '-o', '%i %T')).output.includes(`${job}_1 PENDING`);
      await until(isPending);
      await until(async () => {
        await slurm('scontrol', 'update', `JobId=${job}_1`, 'StartTime=now');
        return !(await isPending());
      });
      await until(async () => (await slurm('squeue', '-h')).output.trim() === '');
      expect(await finishedIn(folder), `${log()}\n${(await slurm('scontrol', 'show', 'job')).output}`).toBe(2);
      expect(log()).toContain('goes on after step');
      const { status, output } = await run('sh', ['-c', `${pnn} merge '${folder}'`]);
      expect(status, output).toBe(0);
      expect(output).toContain('2 of 2 trials finished');
    } finally {
      for (const daemon of daemons) {
        const closed = once(daemon, 'close');
        daemon.kill();
        await closed;
      }
    }
  });
});
