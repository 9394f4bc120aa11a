import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { compileWide } from '../../packages/tensor/src/node/wide-simd.js';

/** What a thread is given when it starts: the probes, the number of threads that have ever arrived at a start, and the width. */
interface ProbeThread {
  readonly module: WebAssembly.Module;
  readonly arrived: Int32Array;
  /** Whether V8 takes two vectors for one of 256 bits. */
  readonly wide: boolean;
}

/** What a thread is asked: operations without `bytes`, else to stream so many; it begins at so many arrivals. */
interface ProbeTask {
  readonly start: number;
  readonly bytes?: number;
}

async function compile(...features: readonly string[]): Promise<Buffer<ArrayBuffer>> {
  const compiler = fileURLToPath(new URL('compile.js', import.meta.url));
  const options = { encoding: 'buffer' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, ...features], options);
  return Buffer.from(stdout);
}

/** The probes with the fused product and sum where the platform has it, as the library's kernels. */
async function probeModule(wide: boolean): Promise<WebAssembly.Module> {
  const relaxed = await compile('simd', 'relaxed-simd');
  const bytes = WebAssembly.validate(relaxed) ? relaxed : await compile('simd');
  const module = () => new WebAssembly.Module(bytes);
  return wide ? compileWide(module) : module();
}

/** Measures what this machine can do at best: one thread, or several of this process at once. */
export class Probe {
  readonly #module: Promise<WebAssembly.Module>;
  readonly #arrived = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #workers: Worker[] = [];
  #starts = 0;

  constructor(private readonly wide: boolean) {
    this.#module = probeModule(wide);
  }

  /**
   * Operations per second in float32, a product and a sum counted as two; or, with `bytes`, bytes per second read and
   * written by streams over arrays of so many bytes in all. Of all threads together.
   */
  async rate(threads: number, bytes?: number): Promise<number> {
    while (this.#workers.length < threads) this.#workers.push(await this.#startWorker());
    this.#starts += threads;
    const task: ProbeTask = { start: this.#starts, ...(bytes !== undefined && { bytes: bytes / threads }) };
    const rates = await Promise.all(
      this.#workers.slice(0, threads).map(async (worker) => {
        worker.postMessage(task);
        const [rate] = (await once(worker, 'message')) as [number];
        return rate;
      }),
    );
    return rates.reduce((sum, rate) => sum + rate, 0);
  }

  async #startWorker(): Promise<Worker> {
    const workerData: ProbeThread = { module: await this.#module, arrived: this.#arrived, wide: this.wide };
    const worker = new Worker(new URL('worker.js', import.meta.url), { workerData });
    worker.unref();
    await once(worker, 'message');
    return worker;
  }
}
