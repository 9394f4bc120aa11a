/** The program of a worker process: trains the one trial that its parent tells it, and ends. */
import { PnnError } from '@pnn/nn';
import { decodeJson, encodeJson } from '@pnn/pnn/codec';
import { useDevice } from '../cli/devices.js';
import { importModules } from '../cli/own-modules.js';
import { type Message, type Order, order } from './messages.js';
import { runTrial } from './run-trial.js';

/** Milliseconds between two messages about steps. */
const STEP_INTERVAL = 250;

const stop = new AbortController();

/** Resolves when the message is on its way, so that the process may end. */
function tell(message: Message): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(encodeJson(message), undefined, undefined, () => resolve());
  });
}

async function train({ trial, files, device, imports, checkpointSeconds }: Extract<Order, { kind: 'train' }>) {
  let last = Number.NEGATIVE_INFINITY;
  await importModules(imports);
  await useDevice(device);
  const result = await runTrial(trial, files, checkpointSeconds, stop.signal, {
    begun: (step, steps) => void tell({ kind: 'begun', step, steps }),
    step: (step, loss) => {
      const now = performance.now();
      if (now - last < STEP_INTERVAL) return;
      last = now;
      void tell({ kind: 'step', step, loss });
    },
    note: (text) => void tell({ kind: 'note', text }),
  });
  await tell(result ? { kind: 'finished', result } : { kind: 'interrupted' });
}

function reasonOf(error: unknown): string {
  if (error instanceof PnnError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Ctrl-C reaches the whole group of processes: the parent decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without its parent nobody would record what it finds.
process.on('disconnect', () => process.exit(1));
process.on('message', (text) => {
  const told = decodeJson(String(text), order, 'the order of a worker');
  if (told.kind === 'stop') {
    stop.abort();
    return;
  }
  train(told)
    .catch((error: unknown) => tell({ kind: 'failed', reason: reasonOf(error) }))
    .finally(() => process.exit(0));
});
