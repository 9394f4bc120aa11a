import { expect, test } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { MAX_FIELDS, writeFields } from '../../src/devices/wasm/generated/tasks.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { convolutionFields } from '../../src/devices/wasm/kernels/convolution-sizes.js';

test('room for packed weights that no memory has is a number beyond 4 GiB, not a small one', () => {
  const exports = instantiate(compile('simd'));
  const sizes = {
    images: 1,
    groups: 1,
    channels: 16384,
    height: 4,
    width: 4,
    filters: 8192,
    outHeight: 4,
    outWidth: 4,
  };
  const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
  const nothing = { shape: [], size: 0, dtype: 'float32', buffer: { pointer: 0 } } as never;
  const task = linearMemory.allocate(MAX_FIELDS * Float64Array.BYTES_PER_ELEMENT);
  const fields = convolutionFields([nothing, nothing, undefined, nothing], sizes, geometry, [1, 1, 1]);
  writeFields.conv2d(linearMemory.view(task, 'float64') as Float64Array, fields);
  const weights = sizes.channels * sizes.filters * 4;
  expect(exports.conv2dPackShared(task.pointer, 0, 0)).toBe(9 * weights + sizes.filters * 4);
  expect(exports.conv2dInputGradientPackShared(task.pointer, 0, 0)).toBeGreaterThan(9 * weights);
  // 36 products of matrices, each some cache lines further than the last, and the largest of every four filters' weights.
  expect(exports.winogradPackShared(task.pointer, 0, 0)).toBeGreaterThanOrEqual(36 * weights);
  expect(exports.winogradPackShared(task.pointer, 0, 0)).toBeLessThanOrEqual(
    36 * (weights + 128) + sizes.channels * sizes.filters,
  );
  linearMemory.release(task);
});
