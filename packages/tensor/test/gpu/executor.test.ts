import { GPU } from 'gpu.js';
import { describe, expect, test } from 'vitest';
import { Executor } from '../../src/devices/gpu/executor.js';
import { movementKernels } from '../../src/devices/gpu/kernels/movement.js';
import { normalizationKernels } from '../../src/devices/gpu/kernels/normalization.js';
import { reductionKernels } from '../../src/devices/gpu/kernels/reduction.js';
import { softmaxKernels } from '../../src/devices/gpu/kernels/softmax.js';
import { updateKernels } from '../../src/devices/gpu/kernels/update.js';
import type { Library } from '../../src/devices/gpu/library.js';
import { DeviceError } from '../../src/errors.js';
import type { Operand } from '../../src/kernels.js';
import { FakeContext } from './fake-context.js';
import { nodeModes } from './modes.js';

const limits = { elements: 100, because: 'of this test' };
const scaleSource = 'function (x, by) { return x[this.thread.x] * by[0]; }';

function operand(executor: Executor, values: readonly number[], shape: readonly number[] = [values.length]): Operand {
  const buffer = executor.memory.allocate('float32', values.length);
  const made = { shape, size: values.length, dtype: 'float32' as const, buffer };
  executor.memory.write(made, values);
  return made;
}

describe('a library that answers with promises', () => {
  /** Everything that was asked for before this is done when it has been read. */
  async function settled(executor: Executor): Promise<void> {
    const last = operand(executor, [0]);
    await executor.memory.read(last).catch(() => {});
    executor.memory.release(last.buffer);
  }

  test('is asked in order: changes in place, reads and releases see what was there when they were asked for', async () => {
    const context = new FakeContext({ later: true });
    const executor = new Executor('later', context, limits, { asynchronous: true });
    expect(executor.memory.readNow).toBeUndefined();
    const x = operand(executor, [1, 2, 3]);
    const by = operand(executor, [10]);
    const before = executor.memory.read(x);
    executor.launch(x, scaleSource, x, by);
    const after = executor.memory.read(x);
    executor.memory.release(x.buffer);
    executor.memory.release(by.buffer);
    expect(Array.from(await before)).toEqual([1, 2, 3]);
    expect(Array.from(await after)).toEqual([10, 20, 30]);
    await settled(executor);
    // What settled() has written itself is released a moment later.
    expect(context.handles).toBeLessThanOrEqual(1);
    expect(executor.held).toBeLessThanOrEqual(1);
  });

  test('keeps an error until the elements are read, also those of what was made of them', async () => {
    const context = new FakeContext({ later: true });
    const executor = new Executor('later', context, limits, { asynchronous: true });
    const x = operand(executor, [1, 2, 3]);
    await settled(executor);
    context.fails = () => true;
    const y = operand(executor, [4]);
    await settled(executor);
    context.fails = () => false;
    executor.launch(x, scaleSource, x, y);
    await expect(executor.memory.read(y)).rejects.toThrow('the device was lost');
    await expect(executor.memory.read(x)).rejects.toThrow('the device was lost');
    executor.memory.write(x, [7, 8, 9]);
    expect(Array.from(await executor.memory.read(x))).toEqual([7, 8, 9]);
  });

  test('keeps kernels of results that are still being read', async () => {
    const context = new FakeContext({ later: true });
    const executor = new Executor('later', context, limits, { asynchronous: true, kernelsKept: 1 });
    const x = operand(executor, [1, 2, 3]);
    const read = executor.memory.read(x);
    executor.memory.release(x.buffer);
    const y = operand(executor, [4]);
    expect(Array.from(await read)).toEqual([1, 2, 3]);
    expect(Array.from(await executor.memory.read(y))).toEqual([4]);
    executor.memory.release(y.buffer);
    await executor.memory.read(operand(executor, [5, 6]));
    expect(executor.kernels).toBe(1);
  });
});

/** Computations of several launches, with results of their own. */
const computations: Readonly<Record<string, (executor: Executor, x: Operand, out: Operand) => void>> = {
  softmax: (executor, x, out) => softmaxKernels(executor).softmax(x, out),
  crossEntropy: (executor, x, out) => softmaxKernels(executor).crossEntropy(x, x, out, out, 0),
  topk: (executor, x, out) => reductionKernels(executor).topk(x, out, true),
  sum: (executor, x, out) => reductionKernels(executor).reduction.sum(x, out, { outer: 1, length: 300, inner: 1 }),
  argmax: (executor, x, out) =>
    reductionKernels(executor).argReduction.argmax(x, out, { outer: 1, length: 300, inner: 1 }),
  concat: (executor, x, out) => movementKernels(executor).concat(Array<Operand>(9).fill(x), out, 1),
  euclideanNorm: (executor, x, out) => updateKernels(executor).euclideanNorm([x, x], out),
  batchNorm: (executor, x, out) =>
    normalizationKernels(executor).batchNorm(x, undefined, undefined, out, out, out, 1e-5),
};

test.each([true, false])('a device that failed says so for kernels that fail after it: later %s', async (later) => {
  const context = new FakeContext({ later });
  let lost = false;
  const checkHealth = (): void => {
    if (lost) throw new DeviceError('it is lost');
  };
  const executor = new Executor('fake', context, limits, { asynchronous: later, checkHealth });
  const x = operand(executor, [1, 2]);
  await executor.memory.read(x);
  context.fails = () => true;
  const launch = async () => {
    executor.launch(x, scaleSource, x, x);
    await executor.memory.read(x);
  };
  // The failure may be known only after the kernel has failed.
  if (!later) lost = true;
  const failed = expect(launch()).rejects.toThrow(new DeviceError('it is lost'));
  lost = true;
  await failed;
});

describe.each([true, false])('a launch that fails, with a library that answers later: %s', (later) => {
  const room = { elements: 3000, because: 'of this test' };

  /** Computes with one launch that fails, and returns how many there were, what was thrown and what is left. */
  async function run(compute: (typeof computations)[string], failing: number) {
    const context = new FakeContext({ later });
    const executor = new Executor('fake', context, room, { asynchronous: later });
    const x = operand(executor, Array<number>(300).fill(0), [1, 300]);
    const out = operand(executor, Array<number>(2700).fill(0), [1, 2700]);
    await executor.memory.read(out);
    const before = context.calls;
    context.fails = (calls) => calls === before + failing;
    let failure: unknown;
    try {
      compute(executor, x, out);
    } catch (error) {
      failure = error;
    }
    await executor.memory.read(x);
    return { launches: context.calls - before, failure, left: [context.handles, executor.held] };
  }

  test.each(Object.entries(computations))('leaves nothing behind in %s', async (_, compute) => {
    const { launches } = await run(compute, Number.POSITIVE_INFINITY);
    expect(launches).toBeGreaterThan(1);
    for (let failing = 0; failing < launches; failing++) {
      const { failure, left } = await run(compute, failing);
      expect(failure).toEqual(later ? undefined : new Error('the device was lost'));
      expect(left).toEqual([2, 2]);
    }
  });
});

describe.each(nodeModes.filter((mode) => mode !== 'webgpu'))('compiled kernels in mode %s', (mode) => {
  const CAPACITY = 5;
  const increment = 'function (x) { return x[this.thread.x] + 1; }';

  function open() {
    const context = new (GPU as unknown as Library)({ mode });
    return { context, executor: new Executor(mode, context, limits, { kernelsKept: CAPACITY }) };
  }

  test('are no more than were asked for, whatever shapes a program has', () => {
    const { context, executor } = open();
    for (let size = 1; size <= 40; size++) {
      const x = operand(executor, Array<number>(size).fill(size));
      executor.launch(x, increment, x);
      executor.launch(x, increment, x);
      expect(Array.from(executor.memory.readNow!(x))).toEqual(Array<number>(size).fill(size + 2));
      executor.memory.release(x.buffer);
      expect(executor.kernels).toBeLessThanOrEqual(CAPACITY);
      expect(context.kernels.length).toBeLessThanOrEqual(CAPACITY);
    }
    expect(executor.held).toBe(0);
  });

  test('stay while there are results of theirs, and go afterwards', () => {
    const { context, executor } = open();
    const kept = Array.from({ length: 3 * CAPACITY }, (_, i) => operand(executor, Array<number>(i + 1).fill(i)));
    for (const x of kept) executor.launch(x, increment, x);
    kept.forEach((x, i) => {
      expect(Array.from(executor.memory.readNow!(x))).toEqual(Array<number>(i + 1).fill(i + 1));
      executor.memory.release(x.buffer);
    });
    const last = operand(executor, Array<number>(60).fill(1));
    expect(executor.kernels).toBeLessThanOrEqual(CAPACITY);
    expect(context.kernels.length).toBeLessThanOrEqual(CAPACITY);
    executor.memory.release(last.buffer);
  });

  test('serve slices from any start', () => {
    const { executor } = open();
    const { slice } = movementKernels(executor);
    const x = operand(executor, [1, 2, 3, 4, 5, 6]);
    const out = operand(executor, [0, 0]);
    slice(x, out, [0], [2]);
    const compiled = executor.kernels;
    for (let start = 0; start < 4; start++) {
      slice(x, out, [start], [2]);
      expect(executor.memory.readNow!(out)).toEqual(Float32Array.of(start + 1, start + 3));
    }
    expect(executor.kernels).toBe(compiled);
  });

  test('are those that were needed last', () => {
    const { context, executor } = open();
    const x = operand(executor, [1, 2]);
    const y = operand(executor, [3]);
    executor.launch(x, increment, x);
    for (let i = 0; i < 3 * CAPACITY; i++) {
      executor.launch(y, `function (x) { return x[this.thread.x] + ${i}; }`, y);
      const before = [...context.kernels];
      executor.launch(x, increment, x);
      expect(context.kernels).toEqual(before);
    }
    expect(executor.memory.readNow!(x)).toEqual(Float32Array.of(17, 18));
  });
});
