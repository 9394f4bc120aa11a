import { DeviceError, getThreads, normal, scope, setThreads } from '@pnn/tensor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import * as control from '../../src/devices/wasm/threads/control-block.js';
import { startWorker } from '../../src/devices/wasm/threads/platform-worker.js';
import { type PoolOptions, ThreadPool } from '../../src/devices/wasm/threads/thread-pool.js';
import type { WorkerData } from '../../src/devices/wasm/threads/worker-program.js';

const countBefore = getThreads();
beforeEach(() => setThreads(2));
afterEach(() => {
  setThreads(countBefore);
  vi.restoreAllMocks();
});

/** A worker that does what the test says. */
class Puppet {
  readonly words: Int32Array;
  readonly slot: number;
  ended: () => void = () => {};

  constructor(
    readonly data: WorkerData,
    readonly onEnd: (reason: string) => void,
  ) {
    this.words = new Int32Array(data.memory.buffer, data.control, data.words);
    this.slot = control.slotOf(data.index);
  }

  comeToLife(): void {
    Atomics.store(this.words, this.slot + control.ALIVE, 1);
  }

  /** Joins the job and is heard of no more. */
  fallSilent(): void {
    this.comeToLife();
    Atomics.add(this.words, control.ACTIVE, 1);
  }
}

/** A pool whose workers are puppets; `terminate` is what ends them. */
function staged(
  options: Omit<PoolOptions, 'start'> = {},
  terminate: (puppet: Puppet) => Promise<unknown> | undefined = () => Promise.resolve(),
) {
  const puppets: Puppet[] = [];
  const module = compile('simd');
  const exports = instantiate(module);
  const start: typeof startWorker = (_name, data, onEnd) => {
    const puppet = new Puppet(data, onEnd);
    puppets.push(puppet);
    return { terminate: () => terminate(puppet) };
  };
  const pool = new ThreadPool(module, exports, { ...options, start });
  const device = deviceWith(exports, pool);
  /** Work of several blocks, with scratch. */
  const work = () =>
    scope(() => {
      const x = normal([300, 300], 0, 1, { device });
      return [...x.matmul(x).sum([0]).dataSync()];
    });
  return { pool, puppets, work };
}

/** A module that wants a function which nobody gives it. */
const foreignModule = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x02, 0x07, 0x01, 0x01, 0x61, 0x01, 0x62, 0x00, 0x00],
);

test('the program goes on, on one thread, and says so once, where workers do not come to life', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const exports = instantiate(compile('simd'));
  let started = 0;
  const start: typeof startWorker = (...settings) => {
    started++;
    return startWorker(...settings);
  };
  const pool = new ThreadPool({ module: new WebAssembly.Module(foreignModule), wide: false }, exports, { start });
  const device = deviceWith(exports, pool);
  setThreads(3);
  const step = () => normal([300, 300], 0, 1, { device }).exp().dispose();
  step();
  expect(pool.mostThreads).toBe(3);
  await vi.waitFor(() => expect(pool.mostThreads).toBe(1), 10_000);
  for (let i = 0; i < 3; i++) step();
  expect(started).toBe(2);
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^wasm: kernels run on one thread: worker \d did not start: .*Import.*setThreads\(1\)$/)],
  ]);
});

test('the same where the platform refuses to start them', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const exports = instantiate(compile('simd'));
  const start = vi.fn(() => {
    throw new Error('not here');
  });
  const device = deviceWith(exports, new ThreadPool(compile('simd'), exports, { start }));
  for (let i = 0; i < 3; i++) normal([300, 300], 0, 1, { device }).exp().dispose();
  expect(start).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^wasm: kernels run on one thread: worker 1 did not start: Error: not here: /)],
  ]);
});

test('a worker that dies is an error that names it, told by the next kernel; others are started afterwards', () => {
  const { puppets, work } = staged();
  work();
  puppets[0]!.comeToLife();
  puppets[0]!.onEnd('out of memory');
  expect(work).toThrow(DeviceError);
  expect(puppets).toHaveLength(1);
  work();
  expect(puppets).toHaveLength(2);
  puppets[1]!.comeToLife();
  puppets[1]!.onEnd('out of memory');
  // What comes late of a worker that is gone tells nothing.
  puppets[0]!.onEnd('it ended with code 1');
  expect(work).toThrow(/^wasm: \w+: worker 1 of 1 died: out of memory: repeat the step, or use fewer threads/);
});

/** Starts a job, lets its worker fall silent, and tells which memory the worker may still use. */
function giveUp({ puppets, work }: ReturnType<typeof staged>): number[] {
  work();
  const puppet = puppets[0]!;
  const { words, slot, data } = puppet;
  puppet.fallSilent();
  expect(work).toThrow(/^wasm: \w+: worker 1 has not answered for 0.005 s/);
  // It gets no other block of the job.
  expect(Atomics.load(words, control.NEXT)).toBeGreaterThanOrEqual(words[control.BLOCKS]!);
  return [data.control, words[control.TASK]!, words[slot + control.SCRATCH]!];
}

/** The addresses that were given back so far. */
function watchReleases(): () => number[] {
  const release = vi.spyOn(linearMemory, 'release');
  return () => release.mock.calls.map(([{ pointer }]) => pointer);
}

test('memory of a worker that was given up is handed out again only when it has ended', async () => {
  const stage = staged(
    { patience: 5 },
    (puppet) =>
      new Promise<void>((resolve) => {
        puppet.ended = resolve;
      }),
  );
  const released = watchReleases();
  const kept = giveUp(stage);
  const before = kept.map((pointer) => new Uint8Array(linearMemory.memory.buffer, pointer, 64).slice());
  stage.work();
  await Promise.resolve();
  stage.work();
  for (const pointer of kept) expect(released()).not.toContain(pointer);
  expect(kept.map((pointer) => new Uint8Array(linearMemory.memory.buffer, pointer, 64))).toEqual(before);
  stage.puppets[0]!.ended();
  await vi.waitFor(() => expect(released()).toEqual(expect.arrayContaining(kept)));
  stage.pool.stop();
});

test('it never is where the platform does not tell', async () => {
  const stage = staged({ patience: 5 }, () => undefined);
  const released = watchReleases();
  const kept = giveUp(stage);
  stage.work();
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const pointer of kept) expect(released()).not.toContain(pointer);
  stage.pool.stop();
});

test('workers that were stopped give all of their memory back', async () => {
  const module = compile('simd');
  const exports = instantiate(module);
  const step = (pool: ThreadPool) => {
    const device = deviceWith(exports, pool);
    scope(() => {
      const x = normal([300, 300], 0, 1, { device });
      return x.matmul(x);
    }).dispose();
  };
  const pool = new ThreadPool(module, exports);
  step(pool);
  const used = linearMemory.usedBlocks;
  pool.stop();
  // The control block, the fields and the scratch of the one worker.
  await vi.waitFor(() => expect(linearMemory.usedBlocks).toBe(used - 3), 10_000);
});

test('a halt of the whole program is no silence of its workers', () => {
  const { puppets, work, pool } = staged({ patience: 1000 });
  work();
  const puppet = puppets[0]!;
  puppet.fallSilent();
  // Every look at the clock is a day later; the worker answers at the fifth.
  let looks = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    if (++looks === 5) Atomics.sub(puppet.words, control.ACTIVE, 1);
    return looks * 86_400_000;
  });
  work();
  expect(looks).toBeGreaterThanOrEqual(5);
  pool.stop();
});
