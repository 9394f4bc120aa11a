// What threads tell each other, as 32-bit words of shared memory; words that different threads write lie on cache lines of their
// own. A job is open while its blocks are handed out. A worker counts itself as active before it looks whether a job is open, so
// that one which comes late finds it closed: the caller closes a job, waits until nobody is active, and only then writes the
// next one. Nobody waits for workers that are asleep.

const LINE = 16;

/** Counts the jobs; idle workers wait for it to change. */
export const GENERATION: number = 0;
/** The number of workers that have to be woken. */
export const SLEEPERS: number = LINE;
/** Whether the job may be joined. */
export const OPEN: number = 2 * LINE;
/** The number of workers that look at the job. */
export const ACTIVE: number = 3 * LINE;
/** The block that is handed out next. */
export const NEXT: number = 4 * LINE;
/** The workers that failed. */
export const FAILURES: number = 5 * LINE;
/** The job: the index of its kernel, and its blocks. */
export const KERNEL: number = 6 * LINE;
export const BLOCKS: number = KERNEL + 1;
/** What the kernel is told. */
export const TASK: number = 7 * LINE;
/** The most numbers that a kernel is told. */
export const TASK_WORDS: number = LINE;
/** All words. */
export const CONTROL_WORDS: number = 8 * LINE;

/** How long an idle worker looks for the next job before it sleeps: waking takes tens of microseconds. */
const SPIN_MILLISECONDS = 0.2;

/** What a worker is given. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly kernels: readonly string[];
  /** Where the words of control begin. */
  readonly control: number;
  /** The address of memory for itself. */
  readonly scratch: number;
}

/** The program of a worker, as text, so that it needs no file. */
export const teamProgram: string = `
const { module, memory, kernels: names, control, scratch } = require('worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const kernels = names.map((name) => exports[name]);
const words = new Int32Array(memory.buffer, control, ${CONTROL_WORDS});
for (;;) {
  const generation = Atomics.load(words, ${GENERATION});
  Atomics.add(words, ${ACTIVE}, 1);
  if (Atomics.load(words, ${OPEN}) === 1) {
    const kernel = kernels[words[${KERNEL}]];
    const blocks = words[${BLOCKS}];
    const task = words.slice(${TASK}, ${TASK + TASK_WORDS});
    try {
      for (let block; (block = Atomics.add(words, ${NEXT}, 1)) < blocks; ) kernel(block, scratch, ...task);
    } catch {
      Atomics.add(words, ${FAILURES}, 1);
    }
  }
  Atomics.sub(words, ${ACTIVE}, 1);
  const end = performance.now() + ${SPIN_MILLISECONDS};
  for (let turn = 1; Atomics.load(words, ${GENERATION}) === generation; turn++) {
    if (turn % 256 !== 0 || performance.now() < end) continue;
    Atomics.add(words, ${SLEEPERS}, 1);
    Atomics.wait(words, ${GENERATION}, generation);
    Atomics.sub(words, ${SLEEPERS}, 1);
  }
}
`;
