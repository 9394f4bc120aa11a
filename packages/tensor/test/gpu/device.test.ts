import { DeviceError, DTypeError, full, MemoryError, memory, scope, softmaxCrossEntropy, tensor } from '@pnn/tensor';
import { type GpuDevice, gpu, gpuModes, listGpuModes } from '@pnn/tensor/gpu';
import { GPU as gpuJs } from 'gpu.js';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Library, LibraryContext, LibraryKernel } from '../../src/devices/gpu/library.js';

const GPU = gpuJs as unknown as Library;

afterEach(() => {
  vi.doUnmock('gpu.js');
  vi.resetModules();
});

describe('the choice of a mode', () => {
  test('names what this machine has, and what the rest lacks', async () => {
    const reports = await listGpuModes();
    expect(reports.map(({ mode }) => mode)).toEqual(gpuModes);
    for (const { mode, available, missing } of reports) {
      if (available) expect(missing).toBeUndefined();
      else await expect(gpu({ mode })).rejects.toThrow(missing);
    }
    expect(reports.filter(({ available }) => available).map(({ mode }) => mode)).toEqual(
      expect.arrayContaining(['webasm', 'cpu']),
    );
  });

  test('is that of the first mode there is, where none is named', async () => {
    const first = (await listGpuModes()).find(({ available }) => available)!;
    const device = await gpu();
    expect(device.mode).toBe(first.mode);
    expect(device.description).toMatch(new RegExp(`^gpu \\(${first.mode}\\): .+, tensors of up to \\d+ elements$`));
  });

  test('gives one device for each mode', async () => {
    expect(await gpu({ mode: 'cpu' })).toBe(await gpu({ mode: 'cpu' }));
    expect((await gpu({ mode: 'cpu' })).name).toBe('gpu (cpu)');
  });

  test('knows no other modes', async () => {
    await expect(gpu({ mode: 'cuda' as 'cpu' })).rejects.toThrow(DeviceError);
  });

  test('says how to install gpu.js where it is missing', async () => {
    vi.resetModules();
    vi.doMock('gpu.js', () => {
      throw new Error('Cannot find package');
    });
    const fresh = await import('@pnn/tensor/gpu');
    await expect(fresh.gpu()).rejects.toThrow(/gpu.js cannot be loaded .*: npm install gpu.js$/);
    await expect(fresh.listGpuModes()).rejects.toThrow(/npm install gpu.js$/);
  });

  describe('in a library that is not what it should be', () => {
    /** What the library does in every mode: it computes by JavaScript. */
    class OtherContext {
      static readonly isWebAssemblySupported = true;
      static destroyed = 0;
      readonly Kernel: LibraryContext['Kernel'] = class {};
      readonly #cpu = new GPU({ mode: 'cpu' });
      addFunction(...settings: Parameters<LibraryContext['addFunction']>): void {
        this.#cpu.addFunction(...settings);
      }
      createKernel(...settings: Parameters<LibraryContext['createKernel']>): LibraryKernel {
        return this.#cpu.createKernel(...settings);
      }
      async destroy(): Promise<void> {
        OtherContext.destroyed++;
        await this.#cpu.destroy();
      }
    }

    /** What opening gives with such a library, and how many contexts were destroyed. */
    async function openWith(library: object): Promise<readonly [unknown, number]> {
      vi.resetModules();
      vi.doMock('gpu.js', () => ({ GPU: library }));
      const fresh = await import('@pnn/tensor/gpu');
      const before = OtherContext.destroyed;
      const error: unknown = await fresh.gpu({ mode: 'webasm' }).catch((each: unknown) => each);
      return [error, OtherContext.destroyed - before];
    }

    test('refuses one that computes in another mode than it was told to', async () => {
      const [error, destroyed] = await openWith(OtherContext);
      expect(String(error)).toMatch(/^DeviceError: gpu: gpu.js took another mode than webasm .*: name another$/);
      expect(destroyed).toBe(1);
    });

    test.each(['addFunction', 'createKernel', 'compute', 'destroy'])('says what to do where %s fails', async (step) => {
      const cause = new Error(`${step} is not supported`);
      const fail = (): never => {
        throw cause;
      };
      class Broken extends OtherContext {
        override addFunction(...settings: Parameters<LibraryContext['addFunction']>): void {
          if (step === 'addFunction') fail();
          super.addFunction(...settings);
        }
        override createKernel(...settings: Parameters<LibraryContext['createKernel']>): LibraryKernel {
          if (step === 'createKernel') fail();
          const { kernel } = super.createKernel(...settings);
          return Object.assign(() => fail(), { kernel, destroy: fail });
        }
        override async destroy(): Promise<void> {
          await super.destroy();
          if (step === 'destroy') throw new Error('there is nothing to destroy');
        }
      }
      const [error, destroyed] = await openWith(Broken);
      expect(String(error)).toBe(
        `DeviceError: gpu: webasm cannot be opened (${step} is not supported): name another mode`,
      );
      expect(error).toMatchObject({ cause });
      expect(destroyed).toBe(1);
    });
  });
});

describe.each(['cpu', 'webasm'] as const)('memory in mode %s', (mode) => {
  let device: GpuDevice;
  beforeAll(async () => {
    device = await gpu({ mode });
  });

  test('refuses float64, and says what to do', () => {
    expect(() => full([3], 1, { dtype: 'float64', device })).toThrow(DTypeError);
    expect(() => full([3], 1, { dtype: 'float64', device })).toThrow(/cast\(\) to float32/);
  });

  test('refuses what shaders cannot count', () => {
    expect(() => full([2 ** 24 + 1], 1, { device })).toThrow(MemoryError);
    expect(() => full([4097, 4096], 1, { device })).toThrow(/16777216/);
  });

  test('refuses integers that a float does not hold, when they are made and when they might come out', () => {
    expect(() => tensor([2 ** 24 + 1], { dtype: 'int32', device })).toThrow(DTypeError);
    expect(() => full([3], -(2 ** 24) - 1, { dtype: 'int32', device })).toThrow(DTypeError);
    const x = tensor([2 ** 24], { dtype: 'int32', device });
    expect(() => x.add(1)).toThrow(DTypeError);
    expect(() => x.mul(x)).toThrow(DTypeError);
    expect(x.sub(1).dataSync()).toEqual(Int32Array.of(2 ** 24 - 1));
    const unknown = tensor([0.5, 7], { device }).cast('int32');
    expect(() => unknown.sum()).toThrow(/reference/);
    x.dispose();
    unknown.dispose();
  });

  test('checks indices and labels that came from the host as the reference does', () => {
    scope(() => {
      const x = tensor([1, 2, 3], { device });
      expect(() => x.gather(0, tensor([3], { dtype: 'int32', device }))).toThrow(/index 3 is not one of the 3/);
      const first = tensor([3], { dtype: 'int32', device }).reshape([1, 1]).broadcastTo([2, 1]);
      expect(() => x.reshape([1, 3]).broadcastTo([2, 3]).gather(1, first)).toThrow(/index 3/);
    });
  });

  test('lets indices pass that are in range, though those they were made from are not', () => {
    scope(() => {
      const x = tensor([1, 2, 3], { device });
      const some = tensor([3, 0, 1], { dtype: 'int32', device });
      expect(x.gather(0, some.slice([[1, 3]])).dataSync()).toEqual(Float32Array.of(1, 2));
      const far = tensor([5, -2], { dtype: 'int32', device }).add(tensor([-4, 4], { dtype: 'int32', device }));
      expect(x.gather(0, far).dataSync()).toEqual(Float32Array.of(2, 3));
      const logits = tensor([[1, 2]], { device });
      const labels = tensor([2, 0, 1], { dtype: 'int32', device });
      const losses = softmaxCrossEntropy(logits.broadcastTo([2, 2]), labels.slice([[1, 3]]));
      expect(losses.dataSync().every(Number.isFinite)).toBe(true);
      expect(() => softmaxCrossEntropy(logits.broadcastTo([3, 2]), labels)).toThrow(/label 2 is not one of the 2/);
    });
  });

  test('is given back by scopes and by disposal', () => {
    const before = { tensors: memory(), held: device.held };
    const kept = scope(() => {
      const x = full([4, 5], 2, { device });
      const y = x.matmul(x, { transposeB: true }).softmax();
      return y.reshape([16]).sum();
    });
    expect(device.held).toBe(before.held + 1);
    kept.dispose();
    expect(device.held).toBe(before.held);
    expect(memory()).toEqual(before.tensors);
  });

  test('is kept while a view needs it', () => {
    const x = tensor([1, 2, 3, 4], { device });
    const view = x.reshape([2, 2]);
    x.dispose();
    expect(view.dataSync()).toEqual(Float32Array.of(1, 2, 3, 4));
    view.dispose();
  });

  test('shows changes in place to all views', () => {
    scope(() => {
      const x = tensor([1, 2], { device });
      const view = x.reshape([2, 1]);
      x.assign(tensor([5, 6], { device }));
      expect(view.dataSync()).toEqual(Float32Array.of(5, 6));
      device.kernels.scale(view, tensor(2, { device }));
      expect(x.dataSync()).toEqual(Float32Array.of(10, 12));
    });
  });
});
