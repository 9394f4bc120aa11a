import type { MpiLibrary, Request } from './library.js';
import type { System } from './system.js';

/** What to do while nothing comes. */
export type Patience = 'spin' | 'sleep';

/** For so long a wait for others asks without a pause: a step of processes that are equally fast takes no longer for it. */
const SPIN_MS = 2;
/** For so long a wait for elements does not even let timers and signals have their turn, which would take longer than a piece. */
const HOLD_MS = 5;
/** A longer gap between two looks is not waiting: this process itself stood still, or computed. */
const MAX_GAP_MS = 1000;

/**
 * Waits for calls of MPI by asking again and again, between which timers and signals have their turn. Where the others do not
 * answer for too long, the whole job ends.
 */
export class Waiting {
  /**
   * Whether there are more processes on this machine than processors for them: then one that waits makes room for one that it may be
   * waiting for. Where there are not, it would only make room for other programs.
   */
  isCrowded = false;
  readonly #library: MpiLibrary;
  readonly #system: System;
  readonly #timeoutMs: number;
  readonly #describe: (seconds: number, operation: string) => string;

  /**
   * @param timeout in seconds
   * @param describe what to tell the user when a job ends
   */
  constructor(
    library: MpiLibrary,
    system: System,
    timeout: number,
    describe: (seconds: number, operation: string) => string,
  ) {
    this.#library = library;
    this.#system = system;
    this.#timeoutMs = timeout * 1000;
    this.#describe = describe;
  }

  /** Until the request is done. `sleep` is for the others to arrive, `spin` for elements on their way. */
  until(request: Request, operation: string, patience: Patience): Promise<void> {
    return this.untilTrue(() => this.#library.test(request), operation, patience);
  }

  /** Until the function returns true; it calls `test`. */
  untilTrue(isDone: () => boolean, operation: string, patience: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      let last = performance.now();
      let waited = 0;
      const look = () => {
        const sleeps = patience === 'sleep' && waited > SPIN_MS;
        const end = performance.now() + (patience === 'sleep' ? SPIN_MS : HOLD_MS);
        let now = 0;
        try {
          do {
            if (isDone()) {
              resolve();
              return;
            }
            if (this.isCrowded) this.#system.yieldProcessor();
            now = performance.now();
          } while (!sleeps && now < end);
        } catch (error) {
          reject(error);
          return;
        }
        waited += Math.min(now - last, MAX_GAP_MS);
        last = now;
        if (waited > this.#timeoutMs) this.#end(operation);
        else if (sleeps) setTimeout(look, 1);
        else setImmediate(look);
      };
      look();
    });
  }

  /** The promise of who waits stays open: nothing must go on as if it had an answer. */
  #end(operation: string): void {
    console.error(this.#describe(this.#timeoutMs / 1000, operation));
    this.#library.abort(1);
    // With the network gone, MPI_Abort may wait itself.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5000);
  }
}
