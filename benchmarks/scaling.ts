/**
 * What training takes in several processes, and what several machines would gain. Measured: the phases of a step at so many
 * processes, one thread each:
 *
 *     npm run build && mpirun -n 4 --bind-to none node --import tsx benchmarks/scaling.ts
 *
 * Without mpirun it prints the table of docs/distributed.md, the share of its time that a machine computes, from measured parts:
 *
 * - an image takes a ResNet-18 36 ms a step on one thread (benchmarks/overlap.ts, alone: 0.87 s for 24 images); a machine has 16
 *   cores, which are assumed to share 128 images without loss, and machines to be equally fast;
 * - gradients are 44.7 MB, of which 2(1 − 1/n) leave each machine and as many arrive at the same time;
 * - copies and additions of one exchange are counted as 16 ms; over TCP in one machine they take 12 to 14 (benchmarks/exchange.ts);
 * - of a link, 76% are for elements: at 400 Mbit/s such an exchange takes 1.19 to 1.21 s (benchmarks/overlap.ts) instead of 0.89 s.
 *   Faster links are assumed to be used as well;
 * - nothing is hidden by overlap.
 */
import { findLauncher, mpi } from '@pnn/mpi';
import { type Communicator, setDevice, setThreads, wasm } from '@pnn/nn';
import { residualTraining } from './residual-training.js';

const SHARDS = 4;
const BATCH = 16;
/** The first step is left out: it compiles and allocates. */
const STEPS = 4;

const IMAGE_SECONDS = 0.036;
const STEP_SECONDS = (128 * IMAGE_SECONDS) / 16;
const GRADIENT_BYTES = 44.7e6;
const LINK_SHARE = 0.76;
const MEMORY_SECONDS = 0.016;

/** What an operation has taken: by the clock, and of a processor. */
class Stopwatch {
  wall = 0;
  processor = 0;

  async time<T>(act: () => Promise<T>): Promise<T> {
    const [wall, processor] = [performance.now(), process.cpuUsage()];
    try {
      return await act();
    } finally {
      const { user, system } = process.cpuUsage(processor);
      this.wall += performance.now() - wall;
      this.processor += (user + system) / 1000;
    }
  }
}

/** The same processes, and how long they take for each other. */
function timed(communicator: Communicator, watch: Stopwatch): Communicator {
  return {
    rank: communicator.rank,
    size: communicator.size,
    sum: (tensors) => watch.time(() => communicator.sum(tensors)),
    gather: (numbers) => watch.time(() => communicator.gather(numbers)),
    broadcast: (tensors) => watch.time(() => communicator.broadcast(tensors)),
  };
}

async function measure(): Promise<void> {
  setThreads(1);
  setDevice(wasm());
  const communicator = await mpi();
  const [steps, exchanges] = [new Stopwatch(), new Stopwatch()];
  const train = residualTraining({
    communicator: timed(communicator, exchanges),
    batchSize: BATCH,
    shards: SHARDS,
    onStep: () => {},
  });
  await train();
  exchanges.wall = exchanges.processor = 0;
  for (let step = 1; step < STEPS; step++) await steps.time(train);
  const own = [steps.processor - exchanges.processor, steps.wall - exchanges.wall, exchanges.wall];
  const all = await communicator.gather([own.map((each) => each / (STEPS - 1))]);
  if (communicator.rank > 0) return;
  console.log(`A ResNet-18, ${BATCH} images a step in ${SHARDS} shards, ${communicator.size} processes:\n`);
  console.log('| process | computes, time of a processor | computes, by the clock | exchanges, waiting included |');
  console.log('| --- | --- | --- | --- |');
  for (const [rank, [times]] of all.entries()) {
    const cells = Array.from(times!, (each) => `${each.toFixed(0)} ms`);
    console.log(`| ${[rank, ...cells].join(' | ')} |`);
  }
}

function printTable(): void {
  const machines = [2, 4, 8, 16, 64, 256];
  console.log(`| link | ${machines.map((count) => `${count} machines`).join(' | ')} |`);
  console.log(`| --- |${' --- |'.repeat(machines.length)}`);
  for (const gigabits of [1, 10, 100]) {
    const shares = machines.map((count) => (100 * STEP_SECONDS) / (STEP_SECONDS + exchangeSeconds(count, gigabits)));
    console.log(`| ${[`${gigabits} Gbit/s`, ...shares.map((share) => share.toFixed(0))].join(' | ')} |`);
  }
}

function exchangeSeconds(count: number, gigabits: number): number {
  const bytes = 2 * (1 - 1 / count) * GRADIENT_BYTES;
  return (8 * bytes) / (gigabits * 1e9 * LINK_SHARE) + MEMORY_SECONDS;
}

if (findLauncher()) await measure();
else printTable();
