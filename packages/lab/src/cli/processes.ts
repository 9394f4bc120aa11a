import { setTimeout } from 'node:timers/promises';
import { type Communicator, gatherTexts, oneProcess, PnnError } from '@pnn/nn';
import { findLauncher } from '@pnn/nn/node';
import { type Options, UsageError } from './options.js';

/** What connects the processes that run one command together. */
export interface Processes extends Communicator {
  /**
   * Compares what all processes must have alike, such as settings.
   *
   * @param advice what to do if they differ
   * @throws PnnError in all processes if they differ
   */
  agree(facts: Readonly<Record<string, string>>, advice: string): Promise<void>;
  /** The end, which all processes come to together. */
  finalize(): Promise<void>;
}

const alone: Processes = { ...oneProcess, agree: async () => {}, finalize: async () => {} };

/**
 * Milliseconds that other processes wait with an error of their own: if the first one has the same, it says so meanwhile, and
 * its end ends the others.
 */
export const HEAD_START = 3000;

/** A variable, so that the package is looked for when it is asked for. */
const MPI_PACKAGE: string = '@pnn/mpi';

/** @throws PnnError if the package is not installed */
async function loadMpi(): Promise<{ mpi(): Promise<Processes> }> {
  try {
    return await import(MPI_PACKAGE);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new UsageError('pnn: --mpi needs the package @pnn/mpi: npm install @pnn/mpi koffi', { cause });
  }
}

/**
 * Connects the processes that run the command together: those that `mpirun` or `srun` has started, with `--mpi`, and else
 * this one alone.
 *
 * @param prepare what is done before, such as to choose the device whose bits are compared
 * @throws UsageError if the command was started as one of several without `--mpi`, or with it as a single one
 */
export async function connect(options: Options, prepare: () => Promise<unknown>): Promise<Processes> {
  const place = findLauncher();
  try {
    if (!options.has('mpi')) {
      if (place && place.size > 1) {
        options.refuse(
          `${place.size} processes were started, each of which would write the same files: train one network together by ` +
            '--mpi, or start one',
        );
      }
      await prepare();
      return alone;
    }
    if (!place)
      options.refuse('--mpi is for processes that mpirun or srun has started: mpirun -n 2 npx pnn train --mpi');
    await prepare();
    return await (await loadMpi()).mpi();
  } catch (error) {
    if (place && place.rank > 0) await setTimeout(HEAD_START);
    throw error;
  }
}

/** What went wrong in one process of several, which ends all of them. */
export class SharedFailure extends PnnError {
  override readonly name = 'SharedFailure';

  constructor(
    message: string,
    /** The exit status. */
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * Runs the body in every process. If it fails in one of them, it fails in all.
 *
 * @throws SharedFailure if there are several processes, with the error of the first one in which it failed
 */
export async function together<T>(communicator: Communicator, body: () => Promise<T> | T): Promise<T> {
  if (communicator.size === 1) return body();
  let done: { readonly result: T } | undefined;
  let problem = '';
  try {
    done = { result: await body() };
  } catch (error) {
    if (!(error instanceof PnnError)) throw error;
    problem = JSON.stringify([error.message, error instanceof UsageError ? 2 : 1]);
  }
  const problems = await gatherTexts(communicator, problem);
  const first = problems.find((each) => each !== '');
  if (first !== undefined || !done) {
    const [message, status] = JSON.parse(first!) as [string, number];
    throw new SharedFailure(message, status);
  }
  return done.result;
}
