/**
 * The signals that ask for an end: Ctrl-C, schedulers and containers, a terminal that was closed. `mpirun` passes SIGUSR2 on
 * to all of its processes and leaves them the time that they need, and Slurm sends it when it is told to; SIGUSR1 is Node's.
 */
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGUSR2: 12, SIGTERM: 15 } as const;

type StopSignal = keyof typeof SIGNAL_NUMBERS;

/** A request to end that may come from outside. */
export interface StopRequest {
  /** Aborted by the first signal that comes; a second one ends the program. */
  readonly signal: AbortSignal;
  /** The exit status after the signal, by the convention of shells: 128 + its number. */
  readonly status: number;
  /** Stops listening. */
  ignore(): void;
}

/** Turns the signals that ask for an end into an `AbortSignal`, so that work can end in good order. */
export function stopOnSignals(): StopRequest {
  const abort = new AbortController();
  let status = 0;
  const stop = (name: StopSignal) => {
    if (abort.signal.aborted) process.exit(status);
    status = 128 + SIGNAL_NUMBERS[name];
    abort.abort();
  };
  const names = Object.keys(SIGNAL_NUMBERS) as StopSignal[];
  for (const name of names) process.on(name, stop);
  return {
    signal: abort.signal,
    get status() {
      return status;
    },
    ignore() {
      for (const name of names) process.off(name, stop);
    },
  };
}
