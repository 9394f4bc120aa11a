import { conv2d, maxPool2d, normal, reference, scope, type Tensor, wasm } from '@pnn/tensor';
import { afterEach, describe, expect, test, vi } from 'vitest';
// @ts-expect-error: a script has no types
import { staticDataEnd } from '../../scripts/wasm-sections.js';
import { linearMemory, STATIC_BYTES } from '../../src/devices/host/linear-memory.js';
import { modules } from '../../src/devices/wasm/generated/modules.js';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { reversed, variants } from './variants.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

test('computes in memory that is not shared, too, as on pages that are not cross-origin isolated', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  vi.resetModules();
  const unshared = await import('@pnn/tensor');
  const { linearMemory: memory } = await import('../../src/devices/host/linear-memory.js');
  const device = unshared.wasm();
  expect(Object.prototype.toString.call(memory.memory.buffer)).toBe('[object ArrayBuffer]');
  // Larger than the memory is at first, so that it grows and its old buffer is gone.
  const x = unshared.full([2300, 2300], 0.5, { device });
  const product = x.matmul(unshared.full([2300, 3], 2, { device }));
  expect(new Set(product.dataSync())).toEqual(new Set([2300]));
});

test('is one device, which shares tensors with the other CPU devices', () => {
  expect(wasm()).toBe(wasm());
  scope(() => {
    const x = normal([3, 3], 0, 1, { device: reference });
    const y = normal([3, 3], 0, 1, { device: wasm() });
    expect(y.matmul(x).device).toBe(wasm());
  });
});

describe('the module', () => {
  const fresh = () => import('../../src/devices/wasm/instance.js');

  test('is none where the platform has no SIMD, which is an error', async () => {
    vi.resetModules();
    const { bestInstructions, compile } = await fresh();
    const { DeviceError } = await import('../../src/errors.js');
    vi.stubGlobal('WebAssembly', { ...WebAssembly, Memory: WebAssembly.Memory, validate: () => false });
    expect(bestInstructions()).toBeUndefined();
    expect(() => compile('simd')).toThrow(DeviceError);
    expect(() => compile('simd')).toThrow(/^wasm: .* 128-bit SIMD/);
  });

  test('is validated once, and no other one', async () => {
    vi.resetModules();
    const { bestInstructions, compile } = await fresh();
    const validate = vi.spyOn(WebAssembly, 'validate');
    expect(bestInstructions()).toBe('relaxedSimd');
    expect(bestInstructions()).toBe('relaxedSimd');
    compile('relaxedSimd');
    expect(validate).toHaveBeenCalledTimes(1);
  });

  test('is tried again where the platform did not run it: it may have been told to since', async () => {
    vi.resetModules();
    const { bestInstructions } = await fresh();
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(bestInstructions()).toBeUndefined();
    validate.mockRestore();
    expect(bestInstructions()).toBe('relaxedSimd');
  });
});

test.each(Object.entries(modules))('the numbers that %s knows lie in memory that is not handed out', (_, { code }) => {
  const end = staticDataEnd(Buffer.from(code, 'base64'));
  expect(end).toBeLessThanOrEqual(STATIC_BYTES);
  expect(end).toBeGreaterThan(0);
});

/** A step with every kernel that needs working memory. */
function step(device: typeof reference): Tensor {
  return scope(() => {
    const options = { device };
    const x = normal([4, 3, 30, 30], 0, 1, options);
    const weight = normal([5, 3, 3, 3], 0, 1, options);
    const features = maxPool2d(conv2d(x, weight, undefined, { padding: 1 }), 2).reshape([4, -1]);
    return features.matmul(features, { transposeB: true });
  });
}

describe.each(variants)('%s', (name, device) => {
  test('asks for no memory in steady state', () => {
    step(device).dispose();
    step(device).dispose();
    const before = linearMemory.reservedBytes;
    for (let i = 0; i < 3; i++) step(device).dispose();
    expect(linearMemory.reservedBytes).toBe(before);
  });

  test('gives the same bits whatever the order of the blocks', () => {
    const other = deviceWith(reversed(instantiate(compile(name))));
    scope(() => {
      const x = normal([9, 6, 40, 40], 0, 1, { device });
      const weight = normal([7, 6, 3, 3], 0, 1, { device });
      const bias = normal([7], 0, 1, { device });
      const gradient = normal([9, 7, 40, 40], 0, 1, { device });
      const a = normal([300, 270], 0, 1, { device });
      const b = normal([270, 520], 0, 1, { device });
      const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
      const results = ({ kernels }: typeof device) => {
        const outputs = [[300, 520], gradient.shape, x.shape, weight.shape].map((shape) =>
          normal(shape, 0, 1, { device }),
        );
        const [product, forward, inputGradient, weightGradient] = outputs as [Tensor, Tensor, Tensor, Tensor];
        kernels.matmul(a, b, product, {
          m: 300,
          k: 270,
          n: 520,
          transposeA: false,
          transposeB: false,
          batch: [],
          aStrides: [],
          bStrides: [],
        });
        kernels.conv2d(x, weight, bias, forward, geometry);
        kernels.conv2dInputGradient(gradient, weight, inputGradient, geometry);
        kernels.conv2dWeightGradient(gradient, x, weightGradient, geometry);
        return outputs.map((output) => new Uint8Array(output.dataSync().buffer));
      };
      const expected = results(device);
      for (const [i, bytes] of results(other).entries()) expect(Buffer.compare(bytes, expected[i]!)).toBe(0);
    });
  });
});
