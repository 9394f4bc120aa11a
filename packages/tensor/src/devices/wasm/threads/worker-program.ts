import * as control from './control-block.js';

/** How long an idle worker looks for the next job before it sleeps: waking takes the caller tens of microseconds. */
const SPIN_MILLISECONDS = 0.05;

/** What a worker is given. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** See `KernelModule`. */
  readonly wide: boolean;
  /** The exports that jobs name by their index. */
  readonly kernels: readonly string[];
  /** Where the control block begins. */
  readonly control: number;
  /** The words of the control block. */
  readonly words: number;
  /** Which of the workers this is, from 0. */
  readonly index: number;
}

/** The program of a worker, as text, so that it needs no file that a bundler would have to find. */
export const workerProgram: string = `
function work({ module, memory, wide, kernels: names, control, words: count, index }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, wide: Number(wide) } });
  const kernels = names.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, count);
  const slot = ${control.SLOTS} + index * ${control.SLOT_WORDS};
  Atomics.store(words, slot + ${control.ALIVE}, 1);
  for (;;) {
    const generation = Atomics.load(words, ${control.GENERATION});
    Atomics.add(words, ${control.ACTIVE}, 1);
    if (Atomics.load(words, ${control.OPEN}) === 1 && index < words[${control.WORKERS}]) {
      const kernel = kernels[words[${control.KERNEL}]];
      const task = words[${control.TASK}];
      const blocks = words[${control.BLOCKS}];
      const scratch = words[slot + ${control.SCRATCH}];
      try {
        for (let block; (block = Atomics.add(words, ${control.NEXT}, 1)) < blocks; ) {
          kernel(task, block, scratch);
          Atomics.add(words, slot + ${control.COMPUTED}, 1);
        }
      } catch (error) {
        const message = String(error).slice(0, ${control.MESSAGE_LIMIT});
        for (let i = 0; i < message.length; i++) words[slot + ${control.MESSAGE} + i] = message.charCodeAt(i);
        Atomics.store(words, slot + ${control.FAILURE}, message.length);
      }
    }
    Atomics.sub(words, ${control.ACTIVE}, 1);
    const end = performance.now() + ${SPIN_MILLISECONDS};
    for (let turn = 1; Atomics.load(words, ${control.GENERATION}) === generation; turn++) {
      if (turn % 256 !== 0 || performance.now() < end) continue;
      Atomics.add(words, ${control.SLEEPERS}, 1);
      Atomics.wait(words, ${control.GENERATION}, generation);
      Atomics.sub(words, ${control.SLEEPERS}, 1);
    }
  }
}
if (typeof require === 'function') work(require('worker_threads').workerData);
else onmessage = ({ data }) => work(data);
`;
