import { MpiError } from './errors.js';

/** What calls functions of libraries that are not written for Node. */
export type Koffi = typeof import('koffi');

/** @throws MpiError where koffi is missing */
export async function loadKoffi(): Promise<Koffi> {
  try {
    // Frameworks that load CommonJS modules may wrap what they export.
    const module = (await import('koffi')) as Koffi & { readonly default?: Koffi };
    const koffi = module.default ?? module;
    configure(koffi);
    return koffi;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : cause;
    throw new MpiError(`mpi: koffi cannot be loaded (${reason}): npm install koffi`, { cause });
  }
}

function configure(koffi: Koffi): void {
  try {
    // Of the stack: MPI_Init reads files and starts threads, and the default of 1 MiB is little for it.
    koffi.config({ sync_stack_size: 8 << 20, async_stack_size: 2 << 20 });
  } catch {
    // A program that has loaded libraries by koffi before has decided on it.
  }
}
