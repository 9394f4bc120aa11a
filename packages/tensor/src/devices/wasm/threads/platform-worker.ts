import { type WorkerData, workerProgram } from './worker-program.js';

/** A worker of Node or of a browser. */
export interface PlatformWorker {
  /** Ends it: the promise is kept when it has ended; undefined where the platform does not tell, as in pages. */
  terminate(): Promise<unknown> | undefined;
}

/** What is used of the module `worker_threads`. */
interface NodeThreads {
  readonly Worker: new (
    program: string,
    options: { eval: true; name: string; workerData: WorkerData; env: object; execArgv: string[] },
  ) => {
    on(event: 'error', listener: (error: Error) => void): void;
    on(event: 'exit', listener: (code: number) => void): void;
    unref(): void;
    terminate(): Promise<number>;
  };
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: 'worker_threads') => NodeThreads;
}

/** The module of Node's threads; got without an import, which bundlers for browsers would stumble over. */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return process?.getBuiltinModule?.('worker_threads');
}

/** Whether the platform has workers that can be started from here. */
export function hasWorkers(): boolean {
  return nodeThreads() !== undefined || typeof Worker !== 'undefined';
}

/**
 * Starts a worker, which does not keep the program alive; `onEnd` is told why it ended where it was not terminated.
 *
 * @throws what the platform throws where it does not allow it
 */
export function startWorker(name: string, data: WorkerData, onEnd: (reason: string) => void): PlatformWorker {
  const threads = nodeThreads();
  if (threads) {
    const worker = new threads.Worker(workerProgram, { eval: true, name, workerData: data, env: {}, execArgv: [] });
    let terminated = false;
    worker.on('error', (error) => onEnd(String(error)));
    worker.on('exit', (code) => {
      if (!terminated) onEnd(`it ended with code ${code}`);
    });
    worker.unref();
    return {
      terminate: () => {
        terminated = true;
        return worker.terminate();
      },
    };
  }
  const address = URL.createObjectURL(new Blob([workerProgram], { type: 'text/javascript' }));
  const worker = new Worker(address, { name });
  worker.onerror = (event) => onEnd(event.message || 'the page does not allow its program');
  worker.postMessage(data);
  return {
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(address);
      return undefined;
    },
  };
}
