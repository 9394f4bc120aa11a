import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  batchNorm,
  conv2d,
  type Device,
  dropoutMask,
  Generator,
  getThreads,
  maxPool2d,
  normal,
  polynomial,
  type Shape,
  scope,
  setThreads,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MAX_FIELDS, writeFields } from '../../src/devices/wasm/generated/tasks.js';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, type InstructionSet, instantiate } from '../../src/devices/wasm/instance.js';
import { startWorker } from '../../src/devices/wasm/threads/platform-worker.js';
import { type PoolOptions, ThreadPool } from '../../src/devices/wasm/threads/thread-pool.js';
import './variants.js';
import { linearMemory } from '../../src/devices/host/linear-memory.js';

const countBefore = getThreads();

afterEach(() => {
  setThreads(countBefore);
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

function threaded(name: InstructionSet, options?: PoolOptions) {
  const module = compile(name);
  const exports = instantiate(module);
  const pool = new ThreadPool(module, exports, options);
  return { exports, pool, device: deviceWith(exports, pool) };
}

function expectSame(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  for (const [i, bytes] of actual.entries()) expect(Buffer.compare(bytes, expected[i]!), `result ${i}`).toBe(0);
}

/** Does the work until every one of the workers has computed a block. */
async function untilAllHaveWorked(pool: ThreadPool, workers: number, work: () => void): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    work();
    if (pool.computed.length >= workers && pool.computed.every((blocks) => blocks > 0)) return;
    await delay(5);
  }
  throw new Error(`of ${workers} workers these have computed so many blocks: ${pool.computed}`);
}

/** Gradients and updates of kernels that are cut into several blocks. */
function gradients(device: Device): Tensor[] {
  const { kernels } = device;
  const generator = new Generator(4);
  const draw = (shape: Shape) => normal(shape, 0, 1, { device, generator });
  const x = draw([9, 6, 60, 60]);
  const slopes = draw([9, 7, 60, 60]);
  const same = draw(x.shape);
  const weight = draw([7, 6, 3, 3]);
  const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
  const [dx, dw, dp, dc, dn, dg, db, norm] = [x.shape, weight.shape, x.shape, [4], x.shape, [6], [6], []].map(draw);
  const [mean, variance] = [draw([6]), draw([6]).square()];
  const coefficients = tensor([0.5, 0.25, 0.1, 1.5], { device });
  const form = { basis: 'even-odd', evenTerms: 3, bound: 2, outside: 'tangent' } as const;
  const penalty = { form: 'exponential', limit: 1, cap: 3 } as const;
  kernels.conv2dInputGradient(slopes, weight, dx!, geometry);
  kernels.conv2dWeightGradient(slopes, x, dw!, geometry);
  kernels.polynomialGradient(same, draw([]), x, coefficients, dp!, dc!, { ...form, penalty });
  kernels.batchNormGradient(same, x, draw([6]), mean, variance, dn!, dg!, db!, 1e-5);
  kernels.euclideanNorm([x, slopes], norm!);
  const [adam, first, second, sgd, velocity] = [draw(x.shape), draw(x.shape), same.square(), draw(x.shape), same];
  const shared = { learningRate: 0.1, weightDecay: 0.01 };
  kernels.adam(adam, x, first, second, { ...shared, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decoupled: true, step: 3 });
  kernels.sgd(sgd, x, velocity, { ...shared, momentum: 0.9, dampening: 0, nesterov: true, first: false });
  return [dx!, dw!, dp!, dc!, dn!, dg!, db!, norm!, adam, first, second, sgd, velocity];
}

/** Results of kernels that are cut into several blocks, as bytes. */
function results(device: Device): Uint8Array[] {
  return scope(() => {
    const options = { device, generator: new Generator(3) };
    const a = normal([300, 270], 0, 1, options);
    const b = normal([270, 520], 0, 1, options);
    const x = normal([9, 6, 60, 60], 0, 3, options);
    const logits = normal([4096, 10], 0, 1, options);
    const labels = tensor(
      Int32Array.from({ length: 4096 }, (_, i) => i % 10),
      { device },
    );
    const { output, penalty, range } = polynomial(x, tensor([0.5, 0.25, 0.1, 1.5], { device }), {
      bound: 4,
      basis: 'even-odd',
      evenTerms: 3,
      outside: 'tangent',
      penalty: { form: 'exponential', limit: 3, cap: 3 },
    });
    const normalized = batchNorm(x);
    const outputs = [
      a.matmul(b),
      conv2d(x, normal([7, 6, 3, 3], 0, 1, options), normal([7], 0, 1, options), { padding: 1 }),
      maxPool2d(x, 2),
      output,
      penalty,
      range,
      normalized.output,
      normalized.mean,
      normalized.variance,
      x.exp(),
      x.mul(normal([6, 1, 1], 0, 1, options)),
      x.sum(),
      x.sum([0, 2]),
      x.max(1),
      softmaxCrossEntropy(logits, labels),
      logits.softmax(1),
      dropoutMask(x, 0.3, new Generator(5)),
      ...gradients(device),
    ];
    return outputs.map((each) => new Uint8Array(each.dataSync().buffer));
  });
}

describe.each(['simd', 'relaxedSimd'] as const)('threads with %s', (name) => {
  test('give the same bits, whatever their number', async () => {
    const { pool, device } = threaded(name);
    setThreads(1);
    const expected = results(device);
    expect(pool.computed).toEqual([]);
    for (const count of [2, 3]) {
      setThreads(count);
      await untilAllHaveWorked(pool, count - 1, () => expectSame(results(device), expected));
    }
    pool.stop();
  });
});

test('threads ask for no memory in steady state', async () => {
  const { pool, device } = threaded('simd');
  setThreads(3);
  await untilAllHaveWorked(pool, 2, () => void results(device));
  const before = linearMemory.reservedBytes;
  for (let i = 0; i < 3; i++) results(device);
  expect(linearMemory.reservedBytes).toBe(before);
  pool.stop();
});

test('work of a single block stays on the calling thread', () => {
  const { pool, device } = threaded('simd');
  setThreads(3);
  scope(() =>
    normal([8, 8], 0, 1, { device })
      .matmul(normal([8, 8], 0, 1, { device }))
      .exp(),
  );
  expect(pool.computed).toEqual([]);
});

/** Fields at which a kernel reads beyond the end of the memory. */
const wrongFields = new Float64Array(MAX_FIELDS).fill(3e9);

test('a worker that fails is an error that names it and the kernel; others are started afterwards', async () => {
  const { pool, device } = threaded('simd');
  setThreads(2);
  const expected = results(device);
  await untilAllHaveWorked(pool, 1, () => void results(device));
  // The calling thread leaves the blocks to the worker.
  const wait = () => {
    const end = performance.now() + 50;
    while (performance.now() < end);
    return 0;
  };
  expect(pool.threadsFor(20)).toBe(2);
  expect(() => pool.run('unary', wait, { fields: wrongFields, blocks: 20, scratchBytes: 0, threads: 2 })).toThrow(
    /^wasm: unary: worker 1 failed: RuntimeError: memory access out of bounds/,
  );
  await untilAllHaveWorked(pool, 1, () => expectSame(results(device), expected));
  pool.stop();
});

test('a worker that does not answer is an error, too', async () => {
  // A worker that was given up may write until it has ended.
  const ends: (Promise<unknown> | undefined)[] = [];
  const start: typeof startWorker = (...settings) => {
    const worker = startWorker(...settings);
    return {
      terminate() {
        ends.push(worker.terminate());
        return ends.at(-1);
      },
    };
  };
  const { pool, device } = threaded('simd', { patience: 20, start });
  setThreads(2);
  // A single block that takes some 70 ms, left to the worker. Less patience would be lost on a busy machine, too.
  const [m, k, n] = [128, 2 ** 16, 128];
  const bytes = (m + n) * k * Float32Array.BYTES_PER_ELEMENT;
  const [packed, out] = [linearMemory.allocate(2 * bytes), linearMemory.allocate(2 * m * n * 4)];
  const fields = new Float64Array(MAX_FIELDS);
  const nowhere = { a: 0, b: 0, transposeA: 0, transposeB: 0, offsets: 0 };
  writeFields.matmul(fields, { ...nowhere, out: out.pointer, m, k, n, matrices: 2, packed: packed.pointer });
  const short = { fields, blocks: 2, scratchBytes: 192, threads: 2 };
  const attempt = () => {
    let turns = 0;
    const computed = pool.computed[0];
    const wait = () => {
      const end = performance.now() + 1000;
      while (performance.now() < end && pool.computed[0] === computed && turns++ < 1e4);
      return 0;
    };
    expect(pool.threadsFor(2)).toBe(2);
    pool.run('matmul', wait, short);
  };
  const silence = (kernel: string) =>
    new RegExp(
      `^DeviceError: wasm: ${kernel}: worker 1 has not answered for 0.02 s: tensors changed in place are half done`,
    );
  let error: unknown;
  for (let turn = 0; turn < 200 && !error; turn++) {
    try {
      attempt();
    } catch (thrown) {
      error = thrown;
    }
    await delay(5);
  }
  pool.stop();
  await Promise.all(ends);
  for (const buffer of [packed, out]) linearMemory.release(buffer);
  expect(String(error)).toMatch(silence('matmul'));
  setThreads(1);
  const expected = results(device);
  setThreads(2);
  let found: Uint8Array[] | undefined;
  for (let turn = 0; turn < 200 && !found; turn++) {
    try {
      found = results(device);
    } catch (thrown) {
      // On a busy machine the next worker may be silent for as long, too.
      expect(String(thrown)).toMatch(silence('\\w+'));
      await Promise.all(ends);
    }
  }
  expectSame(found!, expected);
  pool.stop();
});

test('says once that kernels run on one thread where memory cannot be shared', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  vi.resetModules();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const unshared = await import('@pnn/tensor');
  unshared.setThreads(2);
  const x = unshared.ones([300, 300]);
  expect(new Set(x.matmul(x).matmul(x).dataSync())).toEqual(new Set([90000]));
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^wasm: kernels run on one thread: memory cannot be shared/)],
  ]);
});

describe('the number of threads', () => {
  test('comes from the environment', async () => {
    vi.stubEnv('PNN_THREADS', '5');
    vi.resetModules();
    expect((await import('@pnn/tensor')).getThreads()).toBe(5);
  });

  test.each(['0', '65', '1.5', 'many'])('is never %s', async (text) => {
    vi.stubEnv('PNN_THREADS', text);
    vi.resetModules();
    const fresh = await import('@pnn/tensor');
    expect(() => fresh.getThreads()).toThrow(
      `PNN_THREADS=${text}: the number of threads must be an integer from 1 to 64`,
    );
    expect(() => fresh.setThreads(Number(text))).toThrow(fresh.ArgumentError);
  });

  test('is that of the processors where nothing is said', async () => {
    vi.stubEnv('PNN_THREADS', '');
    vi.resetModules();
    expect((await import('@pnn/tensor')).getThreads()).toBe(Math.min(16, availableParallelism()));
  });
});

test('workers let a program end', () => {
  const program = `
    import { normal, setThreads } from '@pnn/tensor';
    setThreads(3);
    const x = normal([600, 600]);
    for (let i = 0; i < 20; i++) x.matmul(x).dispose();
    console.log('done');`;
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@pnn/source', '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('../../../..', import.meta.url)), timeout: 60_000 },
  );
  expect(`${output}`).toBe('done\n');
});
