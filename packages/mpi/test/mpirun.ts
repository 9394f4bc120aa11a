import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** How processes are started by one MPI, and what makes their messages go by a certain way. */
export interface Launch {
  readonly name: string;
  readonly program: string;
  readonly options: readonly string[];
}

function finds(program: string, family: string): boolean {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return !error && stdout.includes(family);
}

const find = (programs: readonly string[], family: string) => programs.find((program) => finds(program, family));

/** On few cores and as root, as tests run; one process for a core is not theirs to keep. */
export const openMpiOptions = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '--mca', 'pml', 'ob1'];
/** The mpirun of Open MPI, if there is one. */
export const openMpiProgram = find(['mpirun.openmpi', 'mpirun'], 'Open MPI');
const mpichProgram = find(['mpirun.mpich', 'mpirun'], 'HYDRA');

function openMpi(name: string, ...options: string[]): Launch[] {
  return openMpiProgram ? [{ name, program: openMpiProgram, options: [...openMpiOptions, ...options] }] : [];
}

/** Open MPI over shared memory, the usual way on one machine. */
export const sharedMemory: readonly Launch[] = openMpi('Open MPI, shared memory', '--mca', 'btl', 'self,vader');
/** What makes elements go by messages of Open MPI also where processes could copy from each other's memory. */
export const openMpiMessages = ['-x', 'PNN_MPI_DIRECT_COPIES=0'];

/** Open MPI over TCP, as between machines. */
export const tcp: readonly Launch[] = openMpi('Open MPI, TCP', '--mca', 'btl', 'self,tcp', ...openMpiMessages);

function mpichLaunch(name: string, ...options: string[]): Launch[] {
  return mpichProgram ? [{ name, program: mpichProgram, options }] : [];
}

export const mpich: readonly Launch[] = mpichLaunch('MPICH');
export const mpichMessages: readonly Launch[] = mpichLaunch('MPICH, messages', '-genv', 'PNN_MPI_DIRECT_COPIES', '0');

for (const [name, launches] of Object.entries({ 'Open MPI': sharedMemory, MPICH: mpich })) {
  if (launches.length === 0) console.warn(`NOT TESTED: ${name}: there is no mpirun of it`);
}

/** How a job has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, and what it prints. */
export class Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  readonly #printed = { stdout: '', stderr: '' };

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program, ...words] = command;
    const env = { ...process.env, ...environment };
    this.child = spawn(program!, words, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        this.#printed[stream] += text;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status) => resolve({ status, ...this.#printed }));
    });
  }
}

/** The command that starts a program of `bundledPrograms` as several processes. */
export function commandOf(launch: Launch, processes: number, program: string, ...words: readonly string[]): string[] {
  return [launch.program, ...launch.options, '-n', `${processes}`, process.execPath, program, ...words];
}

/** Runs a program as several processes to its end. */
export function run(launch: Launch, processes: number, program: string, ...words: readonly string[]): Promise<Ended> {
  return new Running(commandOf(launch, processes, program, ...words)).ended;
}
