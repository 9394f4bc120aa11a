import { readdirSync, readFileSync } from 'node:fs';
import {
  apply,
  type Device,
  DeviceError,
  getDevice,
  ones,
  operators,
  PnnError,
  reference,
  scope,
  setDevice,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, it } from 'vitest';
import * as errors from '../src/errors.js';

const kernels = reference.kernels;

/** The same kernels over a memory that nothing shares and that cannot be read at once. */
function remoteDevice(): Device {
  const { memory } = reference;
  return { name: 'remote', kernels, memory: { ...memory, readNow: undefined } };
}

describe('the table of operators', () => {
  it('has every operator under its own name', () => {
    for (const [key, { name }] of Object.entries(operators)) expect(name).toBe(key);
  });

  it('names no operator twice in its families', () => {
    const folder = new URL('../src/operators/', import.meta.url);
    const named = readdirSync(folder).flatMap((file) =>
      [...readFileSync(new URL(file, folder), 'utf8').matchAll(/name: '(\w+)'/g)].map(([, name]) => name!),
    );
    expect(new Set(named).size).toBe(named.length);
    for (const name of named) expect(operators).toHaveProperty(name);
  });
});

describe('apply', () => {
  it('refuses operands in different memories, by the names of their devices', () => {
    scope(() => {
      const far = zeros([2], { device: remoteDevice() });
      const near = ones([2]);
      expect(() => near.add(far)).toThrow(DeviceError);
      expect(() => near.add(far)).toThrow(
        `add: operands lie on ${near.device.name} and remote: move one with await to()`,
      );
      expect(() => near.assign(far)).toThrow(`assign: operands lie on ${near.device.name} and remote`);
      expect(() => apply(operators.concat, [far, near], { axis: 0 })).toThrow(
        `concat: operands lie on remote and ${near.device.name}`,
      );
    });
  });

  it('computes where the operands are', async () => {
    const far = scope(() => {
      const device = remoteDevice();
      const x = tensor([1, 2, 3], { device });
      const y = x.mul(2).add(x).sum();
      expect(y.device).toBe(device);
      return y;
    });
    expect(await far.item()).toBe(18);
    far.dispose();
  });
});

describe('a device that computes in the background', () => {
  it('is read with await', async () => {
    const device = remoteDevice();
    using x = tensor([1, 2], { device });
    expect(() => x.dataSync()).toThrow(DeviceError);
    expect(() => x.dataSync()).toThrow('dataSync: remote cannot be read at once: use await data()');
    expect([...(await x.data())]).toEqual([1, 2]);
    expect(String(x)).toBe('tensor([2], float32, remote)');
    using back = await x.to(reference);
    expect(back.device).toBe(reference);
    expect([...back.dataSync()]).toEqual([1, 2]);
  });
});

describe('to', () => {
  it('looks at the same elements where the memory is shared', async () => {
    const twin: Device = { name: 'twin', kernels, memory: reference.memory };
    using x = tensor([1, 2]);
    using moved = await x.to(twin);
    expect(moved.device).toBe(twin);
    expect(moved.buffer).toBe(x.buffer);
    using sum = x.add(moved);
    expect([...sum.dataSync()]).toEqual([2, 4]);
    using same = await x.to(reference);
    expect(same).not.toBe(x);
  });
});

describe('the default device', () => {
  it('is where tensors are made', () => {
    const before = getDevice();
    const device = remoteDevice();
    setDevice(device);
    try {
      using x = zeros([1]);
      expect(x.device).toBe(device);
    } finally {
      setDevice(before);
    }
  });
});

describe('item', () => {
  it('is the only element', async () => {
    using x = tensor([[7]]);
    using pair = tensor([1, 2]);
    expect(x.itemSync()).toBe(7);
    expect(await x.item()).toBe(7);
    expect(() => pair.itemSync()).toThrow('item: [2] has 2 elements: take one, or read data()');
    await expect(pair.item()).rejects.toThrow(errors.ShapeError);
    using none = zeros([0]);
    expect(() => none.itemSync()).toThrow('item: [0] has 0 elements');
  });
});

describe('backward without autograd', () => {
  it('says that nothing requires a gradient', () => {
    using x = tensor(1);
    expect(() => x.backward()).toThrow(errors.GradientError);
    expect(() => x.backward()).toThrow(
      'backward: the tensor depends on nothing that requires a gradient: see requireGrad()',
    );
    expect([x.requiresGrad, x.grad]).toEqual([false, undefined]);
  });
});

describe('errors', () => {
  it('have the name of their class, and are all of one kind', () => {
    for (const [name, Type] of Object.entries(errors)) {
      const error = new Type('what happened');
      expect(error).toBeInstanceOf(PnnError);
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.message, String(error)]).toEqual([name, 'what happened', `${name}: what happened`]);
    }
  });
});

it('a tensor can be made by hand from what an operator says of its outputs', () => {
  scope(() => {
    const x = ones([2, 3]);
    const [spec] = operators.sum.infer([x], { first: 0, end: 1 });
    expect(spec).toEqual({ shape: [1, 3], dtype: 'float32' });
    const [sum] = apply(operators.sum, [x], { first: 0, end: 1 }) as [Tensor];
    expect([...sum.dataSync()]).toEqual([2, 2, 2]);
  });
});
