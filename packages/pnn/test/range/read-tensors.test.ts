import { memory, reference, tensor, wasm } from '@pnn/nn';
import { gpu } from '@pnn/tensor/gpu';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readTensors } from '../../src/range/read-tensors.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('readTensors', () => {
  it('reads what lies in the memory of the program as it is, and packs nothing', async () => {
    const [a, b] = [tensor([1, 2], { device: wasm() }), tensor([2 ** 30 + 1], { dtype: 'int32', device: reference })];
    const before = memory();
    const read = readTensors({ first: [a], second: [b, a], none: [] });
    expect(memory()).toEqual(before);
    expect(await read).toEqual({
      first: [Float32Array.of(1, 2)],
      second: [Int32Array.of(2 ** 30 + 1), Float32Array.of(1, 2)],
      none: [],
    });
  });

  it('waits once for a device with a memory of its own', async () => {
    const device = await gpu({ mode: 'cpu' });
    const read = vi.spyOn(device.memory, 'read');
    const on = { device };
    const x = tensor([[1.5, Number.NaN]], on);
    const counts = tensor([3, 2 ** 24 - 1], { ...on, dtype: 'int32' });
    const flag = tensor([1], { ...on, dtype: 'bool' });
    const here = tensor([7]);
    const before = { tensors: memory(), held: device.held };
    const values = await readTensors({ a: [x, here], b: [counts, flag, x.reshape([2])] });
    expect(read).toHaveBeenCalledTimes(1);
    expect(values.a.map((each) => Array.from(each))).toEqual([[1.5, Number.NaN], [7]]);
    expect(values.b.map((each) => Array.from(each))).toEqual([[3, 2 ** 24 - 1], [1], [1.5, Number.NaN]]);
    expect(memory().buffers).toBe(before.tensors.buffers);
    expect(device.held).toBe(before.held);
  });

  it('reads integers by themselves that a float might have rounded', async () => {
    const device = await gpu({ mode: 'cpu' });
    const x = tensor([0.5], { device });
    const large = tensor([2 ** 24], { device, dtype: 'int32' });
    const read = vi.spyOn(device.memory, 'read');
    const { all } = await readTensors({ all: [x, large] });
    expect(all.map((each) => each[0])).toEqual([0.5, 2 ** 24]);
    expect(all[1]).toBeInstanceOf(Int32Array);
    expect(read).toHaveBeenCalledTimes(2);
  });
});
