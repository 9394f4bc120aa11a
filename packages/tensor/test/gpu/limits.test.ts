import { concat, conv2d, full, MemoryError, memory, scope, stack, type Tensor, where } from '@pnn/tensor';
import { type GpuDevice, gpu } from '@pnn/tensor/gpu';
import fc from 'fast-check';
import { GPU, utils } from 'gpu.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeAdapter, type WebGlContext, type WebGpuContext } from '../../src/devices/gpu/adapter.js';
import { Executor } from '../../src/devices/gpu/executor.js';
import { polynomialKernels } from '../../src/devices/gpu/kernels/polynomial.js';
import type { Library } from '../../src/devices/gpu/library.js';
import type { Operand } from '../../src/kernels.js';

/** How gpu.js lays out so many elements in a texture: width and height. */
const { closestSquareDimensions } = utils as unknown as { closestSquareDimensions(length: number): Int32Array };

const webGl = (side: number): WebGlContext => ({
  MAX_TEXTURE_SIZE: 3379,
  RENDERER: 7937,
  getExtension: () => null,
  getParameter: (name: number) => (name === 3379 ? side : 'a renderer'),
});
const webGpu = (maxStorageBufferBindingSize: number, maxBufferSize: number): WebGpuContext => ({
  adapter: { info: { vendor: 'a vendor', device: 'a card' } },
  device: { limits: { maxStorageBufferBindingSize, maxBufferSize } },
});

describe('the limits of an adapter', () => {
  test('are those of its textures where they are small', () => {
    expect(describeAdapter('webgl2', webGl(2048))).toEqual({
      adapter: 'a renderer',
      limits: { elements: 2048 * 2047, because: 'textures of 2048x2048' },
    });
    expect(describeAdapter('headlessgl', webGl(16384)).limits.elements).toBe(2 ** 24);
  });

  test('keep the textures that gpu.js makes within the largest that there are', () => {
    const sides = fc.integer({ min: 2, max: 4096 });
    fc.assert(
      fc.property(sides, fc.nat(), fc.nat(20), (side, any, fewer) => {
        const { elements } = describeAdapter('webgl2', webGl(side)).limits;
        for (const size of [1 + (any % elements), Math.max(1, elements - fewer)]) {
          const [width, height] = closestSquareDimensions(size);
          expect(Math.max(width!, height!)).toBeLessThanOrEqual(side);
        }
      }),
    );
  });

  test('are those of its buffers where they are small, of both kinds of limits', () => {
    expect(describeAdapter('webgpu', webGpu(4001, 8000))).toEqual({
      adapter: 'a vendor a card',
      limits: { elements: 1000, because: 'the size of a buffer of the adapter' },
    });
    expect(describeAdapter('webgpu', webGpu(8000, 4000)).limits.elements).toBe(1000);
    expect(describeAdapter('webgpu', webGpu(2 ** 30, 2 ** 30)).limits.elements).toBe(2 ** 24);
  });
});

const ROWS = 4097;
const COLUMNS = 4096;

/** Operators whose results are larger than all their operands. */
const growing: Readonly<Record<string, (column: Tensor, row: Tensor) => unknown>> = {
  'binary operators': (column, row) => column.add(row),
  pow: (column, row) => column.pow(row),
  comparisons: (column, row) => column.less(row),
  where: (column, row) => where(column.less(2), column, row),
  broadcastTo: (column) => column.broadcastTo([ROWS, COLUMNS]),
  matmul: (column, row) => column.matmul(row),
  'matmul of many': (column, row) => column.broadcastTo([2, ROWS, 1]).matmul(row),
  take: (column, row) => row.take(0, full([column.size], 0, { dtype: 'int32', device: column.device })),
  concat: (column) => concat(Array<Tensor>(COLUMNS).fill(column), 1),
  stack: (column) => stack(Array<Tensor>(COLUMNS).fill(column)),
  pad: (column) =>
    column.pad([
      [0, 0],
      [COLUMNS - 1, 0],
    ]),
  conv2d: (column, row) => conv2d(row.reshape([1, 1, 64, 64]), column.reshape([ROWS, 1, 1, 1])),
};

describe.each(['cpu', 'webasm'] as const)('results that are too large in mode %s', (mode) => {
  let device: GpuDevice;
  beforeAll(async () => {
    device = await gpu({ mode });
  });

  test.each(Object.entries(growing))('are refused by %s, and nothing is left of them', (_, compute) => {
    const before = { ...memory(), held: device.held };
    scope(() => {
      const column = full([ROWS, 1], 1, { device });
      const row = full([1, COLUMNS], 1, { device });
      expect(() => compute(column, row)).toThrow(MemoryError);
      expect(() => compute(column, row)).toThrow(/16777216 that a tensor may have there/);
    });
    expect({ ...memory(), held: device.held }).toEqual(before);
  });
});

describe('room for what lies between the steps', () => {
  /** The gradients of 20 coefficients for each of 2 channels, from 300 elements each. */
  function coefficientGradient(elements: number): Float32Array {
    const executor = new Executor('small', new (GPU as unknown as Library)({ mode: 'cpu' }), { elements, because: '' });
    const operand = (shape: readonly number[], element: (i: number) => number): Operand => {
      const size = shape.reduce((product, length) => product * length, 1);
      const made: Operand = { shape, size, dtype: 'float32', buffer: executor.memory.allocate('float32', size) };
      executor.memory.write(
        made,
        Float32Array.from({ length: size }, (_, i) => element(i)),
      );
      return made;
    };
    const [x, gradient, out] = [Math.sin, Math.cos, () => 0].map((element) => operand([1, 2, 300], element));
    const [coefficients, found] = [1, 0].map((value) => operand([2, 20], () => value));
    const form = { basis: 'monomial', evenTerms: 20, bound: 2, outside: 'polynomial', penalty: undefined } as const;
    const { polynomialGradient } = polynomialKernels(executor);
    polynomialGradient(gradient, undefined, x!, coefficients!, out!, found, form);
    return executor.memory.readNow!(found!) as Float32Array;
  }

  test('is asked for as far as there is any', () => {
    const roomy = coefficientGradient(10_000);
    const narrow = coefficientGradient(600);
    // Sums of 300 numbers below 1, in another order.
    narrow.forEach((value, i) => {
      expect(Math.abs(value - roomy[i]!)).toBeLessThanOrEqual(2 * 300 * 300 * 2 ** -24);
    });
    expect(Math.max(...narrow.map(Math.abs))).toBeGreaterThan(0.1);
  });
});
