import { ArgumentError } from '../../../errors.js';

/** Threads beyond these have gained nothing from blocks of the sizes that kernels are cut into. */
const MAX_BY_DEFAULT = 16;
const VARIABLE = 'PNN_THREADS';

let chosen: number | undefined;

function checked(source: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new ArgumentError(`${source}: the number of threads must be an integer from 1 to 64`);
}

/** What Node has of these; a browser has none of them. */
interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (name: 'os') => { availableParallelism(): number };
}

function byDefault(): number {
  const node = (globalThis as { readonly process?: NodeProcess }).process;
  const text = node?.env[VARIABLE];
  if (text !== undefined && text !== '') return checked(`${VARIABLE}=${text}`, Number(text));
  const processors =
    globalThis.navigator?.hardwareConcurrency ?? node?.getBuiltinModule?.('os').availableParallelism() ?? 1;
  return Math.min(processors, MAX_BY_DEFAULT);
}

/**
 * The threads that kernels of the device `wasm` are shared among, with the calling one: as many as were set, else as the
 * environment variable PNN_THREADS says, else one for each processor, at most 16.
 *
 * @throws ArgumentError where PNN_THREADS is no integer from 1 to 64
 */
export function getThreads(): number {
  chosen ??= byDefault();
  return chosen;
}

/**
 * Sets how many threads kernels of the device `wasm` are shared among, with the calling one. Results have the same bits
 * for any number.
 *
 * @throws ArgumentError where the number is no integer from 1 to 64
 */
export function setThreads(count: number): void {
  chosen = checked(`setThreads(${count})`, count);
}
