import {
  averagePool2d,
  batchNorm,
  conv2d,
  type Device,
  MemoryError,
  maxPool2d,
  ones,
  polynomial,
  reference,
  scope,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { HostBuffer, linearMemory } from '../../src/devices/host/linear-memory.js';
import { expectSame, variants } from './variants.js';

const rows = (x: Tensor): Tensor => x.reshape([x.size / 16, 16]);
const planes = (x: Tensor): Tensor => x.reshape([x.size / 16, 1, 4, 4]);

/** Of a vector whose length is a multiple of 16. */
const operations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  neg: (x) => x.neg(),
  exp: (x) => x.exp(),
  sigmoid: (x) => x.sigmoid(),
  tanh: (x) => x.tanh(),
  silu: (x) => x.silu(),
  relu: (x) => x.relu(),
  add: (x) => x.add(x),
  'div by a number': (x) => x.div(3),
  'mul by a column': (x) => rows(x).mul(rows(x).sum(1, { keepDims: true })),
  pow: (x) => x.pow(3),
  sum: (x) => x.sum(),
  max: (x) => x.max(),
  'sum of columns': (x) => rows(x).sum(0),
  'max of rows': (x) => rows(x).max(1),
  softmax: (x) => rows(x).softmax(),
  'softmax of one row': (x) => x.softmax(),
  transpose: (x) => rows(x).transpose(),
  matmul: (x) => rows(x).matmul(rows(x).transpose()),
  conv2d: (x) => conv2d(planes(x), ones([2, 1, 3, 3], { device: x.device }), undefined, { padding: 1 }),
  maxPool2d: (x) => maxPool2d(planes(x), [2, 2]),
  averagePool2d: (x) => averagePool2d(planes(x), [2, 2]),
  batchNorm: (x) => batchNorm(planes(x)).output,
  polynomial: (x) =>
    polynomial(x, tensor([1, 2, 3], { device: x.device }), { basis: 'even-odd', evenTerms: 2, bound: 3 }).output,
};

/** Where the last block ends that is ever handed out. */
let end = 0;

beforeAll(() => {
  const filling: HostBuffer[] = [];
  for (let size = 2 ** 31; size >= 64; size /= 2) {
    try {
      // Nothing is written to these blocks, so they cost address space only.
      for (;;) filling.push(linearMemory.allocate(size));
    } catch (error) {
      expect(error).toBeInstanceOf(MemoryError);
    }
  }
  // What lies in the last MiB stays in use: its bytes are for the blocks below.
  for (const block of filling) {
    end = Math.max(end, block.pointer + block.capacity);
    if (block.capacity >= 2 ** 20) linearMemory.release(block);
  }
  expect(end).toBeGreaterThan(2 ** 32 - 2 ** 22);
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface Computation {
  readonly result: Float32Array;
  /** The blocks that were asked for: operands, results, what kernels need in between. */
  readonly blocks: number;
}

/** Computes with one of the blocks at the very end of the memory. */
function computeWith(last: number, device: Device, values: Float32Array, operation: string): Computation {
  device.memory.trim!();
  let blocks = 0;
  const allocate = linearMemory.allocate.bind(linearMemory);
  const release = linearMemory.release.bind(linearMemory);
  let placed: HostBuffer | undefined;
  vi.spyOn(linearMemory, 'allocate').mockImplementation((byteLength) => {
    if (blocks++ !== last) return allocate(byteLength);
    const capacity = Math.ceil(byteLength / 64) * 64;
    placed = new HostBuffer(end - capacity, byteLength, capacity);
    return placed;
  });
  vi.spyOn(linearMemory, 'release').mockImplementation((block) => {
    if (block !== placed) release(block);
  });
  const result = scope(() => operations[operation]!(tensor(values, { device })).dataSync()) as Float32Array;
  device.memory.trim!();
  vi.restoreAllMocks();
  return { result, blocks };
}

for (const [name, device] of [...variants, ['reference', reference]] as const) {
  it.each(Object.keys(operations))(`${name}: %s is the same whichever block lies at the end`, (operation) => {
    for (const size of [16, 16 * 7, 16 * 511, 16 * 1023]) {
      const values = Float32Array.from({ length: size }, (_, i) => 3 - (i % 7));
      const { result, blocks } = computeWith(-1, device, values, operation);
      for (let last = 0; last < blocks; last++) {
        expectSame(computeWith(last, device, values, operation).result, result);
      }
    }
  });
}
