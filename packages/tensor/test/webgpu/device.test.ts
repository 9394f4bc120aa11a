import {
  ArgumentError,
  DeviceError,
  DTypeError,
  full,
  MemoryError,
  reference,
  scope,
  softmaxCrossEntropy,
  tensor,
  zeros,
} from '@pnn/tensor';
import { webgpu } from '@pnn/tensor/webgpu';
import { describe, expect, test, vi } from 'vitest';
import { requestDevice } from '../../src/devices/webgpu/adapter.js';
import { type OpenedDevice, openDevice } from '../../src/devices/webgpu/device.js';
import { Health } from '../../src/devices/webgpu/health.js';
import { kernel } from '../../src/devices/webgpu/pipelines.js';
import { missing } from './adapter.js';

/** A device of its own, that may be broken. */
const open = (onFailure = () => {}): Promise<OpenedDevice> => openDevice(onFailure);

describe.skipIf(missing)('the device', () => {
  test('is one, and never a processor that nobody asked for', async () => {
    const device = await webgpu({ software: true });
    expect(await webgpu({ software: true })).toBe(device);
    expect(device.name).toBe('webgpu');
    expect(device.description).toMatch(/^webgpu: .+, tensors of up to \d+ elements$/);
    if (device.isSoftware) {
      await expect(webgpu()).rejects.toThrow(/the only adapter is a processor .*software: true/);
    }
  });

  test('refuses float64, and more elements than a buffer has room for', async () => {
    const { device, executor } = await open();
    expect(() => full([3], 1, { dtype: 'float64', device })).toThrow(DTypeError);
    expect(() => full([executor.room + 1], 1, { device })).toThrow(MemoryError);
    expect(() => zeros([3], { device }).dataSync()).toThrow(/await data\(\)/);
  });

  test('holds all integers of 32 bits, and computes modulo 2^32', async () => {
    const { device } = await open();
    const values = [2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1, -7, 0];
    for (const on of [device, reference]) {
      const x = tensor(values, { dtype: 'int32', device: on });
      const y = tensor([3, 5, -1, 2, 0], { dtype: 'int32', device: on });
      const results = await Promise.all(
        [x.add(y), x.mul(x), x.div(y), y.pow(x.abs().minimum(9)), x.sum()].map((z) => z.data()),
      );
      expect(results.map((each) => Array.from(each))).toEqual([
        [-2147483646, -2147483643, 16777216, -5, 0],
        [1, 0, 33554433, 49, 0],
        [715827882, -429496729, -16777217, -3, 0],
        [19683, 0, -1, 128, 1],
        [16777209],
      ]);
    }
  });

  test('tells a wrong index at once where it was stored, and gives NaN where it was computed', async () => {
    const { device } = await open();
    const x = tensor([1, 2, 3], { device });
    expect(() => x.gather(0, tensor([3], { dtype: 'int32', device }))).toThrow(ArgumentError);
    const logits = zeros([1, 2], { device });
    expect(() => softmaxCrossEntropy(logits, tensor([2], { dtype: 'int32', device }))).toThrow(
      /label 2 is not one of the 2/,
    );
    const computed = tensor([3], { dtype: 'int32', device }).add(0);
    expect(await x.gather(0, computed).item()).toBeNaN();
    expect(await softmaxCrossEntropy(logits, computed).item()).toBeNaN();
  });
});

describe.skipIf(missing)('the norm', () => {
  test.each([
    [1.5e15, 6e13],
    [3e-10, 4e-12],
  ])('of %d and %d counts both', async (large, small) => {
    const { device } = await open();
    const x = tensor([large, small], { device });
    const norm = zeros([], { device });
    device.kernels.euclideanNorm([x], norm);
    expect((await norm.item()) / Math.hypot(large, small)).toBeCloseTo(1, 6);
  });
});

describe.skipIf(missing)('the queue', () => {
  test('stores elements behind the work that still needs the old ones', async () => {
    const { device } = await open();
    const x = tensor([1, 2, 3], { device });
    const doubled = x.mul(2);
    device.memory.write(x, [10, 20, 30]);
    const sum = x.add(doubled);
    expect(Array.from(await sum.data())).toEqual([12, 24, 36]);
  });

  test('stores elements in a buffer that was given back, behind the work that uses it', async () => {
    const { device } = await open();
    const y = scope(() => tensor([1, 2, 3], { device }).mul(2));
    const [a, b] = [tensor([7, 7, 7], { device }), tensor([9, 9, 9], { device })];
    expect(Array.from(await y.data())).toEqual([2, 4, 6]);
    expect(Array.from(await a.add(b).data())).toEqual([16, 16, 16]);
  });

  test('reads what was there when the read was asked for', async () => {
    const { device } = await open();
    const x = tensor([1, 2, 3], { device });
    const before = x.data();
    x.assign(x.neg());
    const after = x.data();
    x.dispose();
    expect(Array.from(await after)).toEqual([-1, -2, -3]);
    expect(Array.from(await before)).toEqual([1, 2, 3]);
  });

  test('lets an operand be changed by itself', async () => {
    const { device } = await open();
    const x = tensor([2], { device });
    device.kernels.scale(x, x);
    device.kernels.lerp(x, x, 0.5, 2);
    expect(await x.item()).toBe(6);
  });

  test('hands over a thousand calls in at most twenty submits, and creates no buffer for repeated work', async () => {
    const { device } = await open();
    const x = full([300], 1, { device });
    const work = () =>
      scope(() => {
        let y = x;
        for (let i = 0; i < 1000; i++) y = y.add(x);
        return y;
      });
    const first = work();
    await first.data();
    first.dispose();
    const before = device.counts;
    const y = work();
    expect(Array.from((await y.data()).slice(0, 2))).toEqual([1001, 1001]);
    expect(device.counts.submits - before.submits).toBeLessThanOrEqual(20);
    expect(device.counts.dispatches - before.dispatches).toBe(1000);
    expect(device.counts.buffers).toBe(before.buffers);
    expect(device.counts.pipelines).toBe(before.pipelines);
  });
});

describe.skipIf(missing)('warming up', () => {
  test('compiles what is needed, and changes nothing', async () => {
    const { device } = await open();
    const x = tensor([1, 2, 3], { device });
    const work = () => scope(() => x.assign(x.mul(x).exp().sum().add(x)));
    await device.warmUp(work);
    const warm = device.counts;
    expect(warm.pipelines).toBeGreaterThanOrEqual(4);
    expect(warm.dispatches).toBe(0);
    expect(Array.from(await x.data())).toEqual([1, 2, 3]);
    work();
    const all = Math.exp(1) + Math.exp(4) + Math.exp(9);
    const values = Array.from(await x.data());
    for (const [i, value] of values.entries()) expect(value / (all + i + 1)).toBeCloseTo(1, 5);
    expect(device.counts.pipelines).toBe(warm.pipelines);
  });

  test('refuses to read what was not computed, and passes on what goes wrong', async () => {
    const { device } = await open();
    const x = tensor([1, 2, 3], { device });
    let reading: Promise<unknown> | undefined;
    await device.warmUp(() => {
      reading = x.add(1).data();
      reading.catch(() => {});
    });
    await expect(reading).rejects.toThrow(/^webgpu: nothing is computed within warmUp/);
    const work = () => {
      throw new RangeError('wrong');
    };
    await expect(device.warmUp(work)).rejects.toThrow('wrong');
    expect(Array.from(await x.add(1).data())).toEqual([2, 3, 4]);
  });

  test('says which kernel the driver does not take', async () => {
    const { device, executor } = await open();
    const x = full([3], 1, { device });
    const unknown = kernel('unknown', () => ({
      reads: {},
      writes: { out: 'f32' },
      parameters: {},
      workgroupSize: 64,
      body: 'out[index] = unknown;',
    }));
    const launch = { reads: [], writes: [x], parameters: {}, groups: 1 };
    await expect(device.warmUp(() => executor.run(unknown, {}, launch))).rejects.toThrow(
      /^webgpu: the kernel unknown cannot be compiled/,
    );
  });
});

describe.skipIf(missing)('a device that fails', () => {
  test('says that it was lost', async () => {
    let failures = 0;
    const { device, handle } = await open(() => failures++);
    const x = full([3], 1, { device });
    await x.data();
    handle.destroy();
    await expect(x.add(1).data()).rejects.toThrow(/^webgpu: the GPU was lost/);
    await expect(x.data()).rejects.toThrow(DeviceError);
    expect(failures).toBe(1);
  });

  test('says what it refused, at every read from then on', async () => {
    const { device, executor } = await open();
    const x = full([3], 1, { device });
    const broken = kernel('broken', () => ({
      reads: {},
      writes: { out: 'f32' },
      parameters: {},
      workgroupSize: 64,
      body: 'out[index] = unknown;',
    }));
    executor.run(broken, {}, { reads: [], writes: [x], parameters: {}, groups: 1 });
    await expect(x.data()).rejects.toThrow(/^webgpu: the GPU refused work .*unknown/);
    await expect(full([3], 1, { device }).data()).rejects.toThrow(DeviceError);
    expect(
      await full([3], 1, { device: (await open()).device })
        .sum()
        .item(),
    ).toBe(3);
  });

  test('says that elements did not arrive, also where nobody says that the GPU was lost', async () => {
    let failures = 0;
    const { device, handle } = await open(() => failures++);
    const x = full([3], 1, { device });
    const buffer = handle.createBuffer({ size: 4, usage: 8 });
    const mapping = vi.spyOn(Object.getPrototypeOf(buffer) as GPUBuffer, 'mapAsync');
    mapping.mockRejectedValueOnce(new Error('aborted'));
    await expect(x.data()).rejects.toThrow(/^webgpu: elements could not be read \(aborted\): begin anew/);
    mapping.mockRestore();
    await expect(x.add(1).data()).rejects.toThrow(DeviceError);
    expect(failures).toBe(1);
  });

  test('says which adapter gives no device', async () => {
    const adapter = {
      info: { vendor: 'someone' },
      limits: {},
      features: new Set(),
      requestDevice: () => Promise.reject(new TypeError('no more')),
    } as unknown as GPUAdapter;
    await expect(requestDevice(adapter)).rejects.toThrow(
      new DeviceError('webgpu: someone gives no device (no more): close other programs that use the GPU, or try later'),
    );
  });

  test('says that its memory did not suffice', async () => {
    class GPUOutOfMemoryError {
      readonly message = 'no room';
    }
    const errors = [new GPUOutOfMemoryError(), null, null];
    const device = {
      lost: new Promise(() => {}),
      addEventListener() {},
      pushErrorScope() {},
      popErrorScope: () => Promise.resolve(errors.pop()),
    } as unknown as GPUDevice;
    const health = new Health('webgpu', device, () => {});
    health.open();
    health.check();
    await health.close();
    expect(() => health.check()).toThrow(/the memory of the GPU did not suffice.*no room/);
  });
});
