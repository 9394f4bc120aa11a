import { getDevice } from '@pnn/nn';
import { findLauncher, type Launcher } from '@pnn/nn/node';
import { hostBytes } from '@pnn/tensor/node';
import { loadLibrary } from './bindings.js';
import { MpiCommunicator } from './communicator.js';
import { isCrowded } from './crowding.js';
import { MpiError } from './errors.js';
import { kernelFingerprint, mathFingerprint } from './fingerprint.js';
import { loadKoffi } from './koffi.js';
import type { MpiLibrary } from './library.js';
import { linux } from './linux.js';
import type { System } from './system.js';
import { version } from './version.js';
import { Waiting } from './waiting.js';

/** How processes find each other. */
export interface MpiOptions {
  /**
   * After so many seconds without an answer of the others, the job ends: one of them stands still, or the network is gone. More
   * than the longest time that they are apart, such as that of one process which writes a checkpoint, and more than the
   * keepalive of `mpirun`, which cannot end the processes of a machine that it has not given up yet.
   *
   * @default the environment's PNN_MPI_TIMEOUT, or else 120
   */
  readonly timeout?: number;
  /**
   * The file of the MPI library.
   *
   * @default the environment's PNN_MPI_LIBRARY, or else the usual name of the library of what has started the process
   */
  readonly library?: string;
  /**
   * Whether processes of one machine copy elements from each other's memory, if all of them are there and the system lets them.
   * Otherwise MPI moves all of them; to measure or test another link within one machine takes `false`.
   *
   * @default the environment's PNN_MPI_DIRECT_COPIES, 0 or 1, or else true
   */
  readonly directCopies?: boolean;
}

/** The addresses that a linear memory of WebAssembly may grow to; they are its own from the start. */
const ADDRESSABLE_BYTES = 2 ** 32;

let started: Promise<MpiCommunicator> | undefined;

/**
 * Connects this process with those that `mpirun` or `srun` has started beside it. All must have the same versions, and kernels
 * that compute the same bits, so set the device and the instructions before. The second call returns the same communicator,
 * for MPI starts once in a process.
 *
 * ```ts
 * const communicator = await mpi();
 * const trainer = new Trainer(network, { optimizer, loss, communicator });
 * ```
 *
 * @throws MpiError if koffi or MPI is missing, if nothing has started this process as one of several, if their number is not a
 *   power of two, or if they are not alike; in the last two cases in all of them
 */
export async function mpi(options: MpiOptions = {}): Promise<MpiCommunicator> {
  if (!started) {
    const timeout = checkedTimeout(options.timeout);
    const file = options.library ?? (process.env.PNN_MPI_LIBRARY || undefined);
    const directCopies = options.directCopies ?? checkedChoice('PNN_MPI_DIRECT_COPIES', true);
    const launcher = checkedLauncher();
    const koffi = await loadKoffi();
    started ??= start(loadLibrary(koffi, launcher, file), linux(koffi), launcher, { timeout, directCopies });
  }
  return started;
}

function checkedTimeout(given: number | undefined): number {
  const text = process.env.PNN_MPI_TIMEOUT || '120';
  const timeout = given ?? Number(text);
  if (timeout > 0) return timeout;
  const [name, value] = given === undefined ? ['PNN_MPI_TIMEOUT', `"${text}"`] : ['timeout', timeout];
  throw new MpiError(`mpi: ${name} must be a number of seconds above 0, not ${value}`);
}

/** What the environment has chosen by 0 or 1. */
function checkedChoice(name: string, byDefault: boolean): boolean {
  const text = process.env[name] || `${Number(byDefault)}`;
  if (text === '0' || text === '1') return text === '1';
  throw new MpiError(`mpi: ${name} must be 0 or 1, not "${text}"`);
}

function checkedLauncher(): Launcher {
  const launcher = findLauncher();
  if (!launcher) {
    throw new MpiError(
      'mpi: nothing has started this process as one of several: mpirun -n 2 node PROGRAM, or srun --mpi=pmix',
    );
  }
  if (!Number.isInteger(Math.log2(launcher.size))) {
    throw new MpiError(`mpi: the number of processes must be a power of two, not ${launcher.size}`);
  }
  return launcher;
}

async function start(
  library: MpiLibrary,
  system: System,
  launcher: Launcher,
  { timeout, directCopies }: Required<Pick<MpiOptions, 'timeout' | 'directCopies'>>,
): Promise<MpiCommunicator> {
  library.initialize();
  const [rank, size] = [library.rank(library.world), library.size(library.world)];
  if (size !== launcher.size) {
    throw new MpiError(
      `mpi: ${launcher.name} has started ${launcher.size} processes, and ${library.version} sees ${size}: take mpirun and ` +
        'the library of the same MPI (PNN_MPI_LIBRARY names its file); under Slurm, srun --mpi=pmix',
    );
  }
  const waiting = new Waiting(
    library,
    system,
    timeout,
    (seconds, operation) =>
      `mpi: process ${rank} of ${size} has waited ${seconds} s for the others in ${operation}: one of them stands still, ` +
      'or the network is gone. The job ends; it can go on from its last checkpoint.',
  );
  const communicator = new MpiCommunicator(library, waiting);
  process.on('exit', (status) => {
    if (status === 0) communicator.finalizeAtExit();
  });
  // Copies between processes visit the pages one by one: of 4 KiB, they would take nearly twice as long.
  system.preferLargePages(library.addressOf(hostBytes()), ADDRESSABLE_BYTES);
  const place = { machine: library.processorName(), processors: system.processors() };
  waiting.isCrowded = await isCrowded(communicator, place);
  await communicator.meetNeighbors(system, directCopies);
  await checkAlike(communicator);
  return communicator;
}

async function checkAlike(communicator: MpiCommunicator): Promise<void> {
  await communicator.agree({ 'the version of @pnn': version }, 'install the same version on all machines');
  await communicator.agree(
    { 'the results of Math': mathFingerprint() },
    `start the same version of Node on all machines (here ${process.version})`,
  );
  const device = getDevice();
  await communicator.agree(
    { [`the results of ${device.name}`]: await kernelFingerprint(device) },
    'set the same device and instructions, on processors that have them',
  );
}
