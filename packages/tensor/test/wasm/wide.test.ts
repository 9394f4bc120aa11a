import {
  apply,
  conv2d,
  type Device,
  Generator,
  normal,
  operators,
  reference,
  scope,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, type InstructionSet, instantiate, type KernelExports } from '../../src/devices/wasm/instance.js';
import { kernelSamples, sampleOperands } from '../../src/node/kernel-samples.js';
import { compilePacked, obstacleOn, platformHere } from '../../src/node/wide-simd.js';
import { place } from './variants.js';

// Where V8 does not take two vectors for one, kernels that are told so do the same, only slower.

const sets = ['simd', 'relaxedSimd'] as const;
const isPacked = obstacleOn({ ...platformHere(), width: undefined }) === undefined;
const wideDevice = (set: InstructionSet) => deviceWith(instantiate(isPacked ? compilePacked(set) : compile(set, true)));
const narrowDevice = (set: InstructionSet) => deviceWith(instantiate(compile(set)));

function bytesOf(results: readonly Tensor[]): Buffer[] {
  return results.map((each) => Buffer.from(each.dataSync().slice().buffer));
}

function expectSameBits(devices: readonly Device[], compute: (device: Device) => readonly Tensor[]): void {
  const [first, second] = devices.map((device) => scope(() => bytesOf(compute(device))));
  expect(first!.length).toBe(second!.length);
  for (const [i, bytes] of first!.entries()) expect(Buffer.compare(bytes, second![i]!), `result ${i}`).toBe(0);
}

describe.each(sets)('kernels with %s that are told of 256 bits', (set) => {
  const devices = [wideDevice(set), narrowDevice(set)];

  test.each(Object.keys(kernelSamples))('give the same bits: %s', (family) => {
    expectSameBits(devices, (device) => {
      return kernelSamples[family]!(sampleOperands(device, [4, 5, 14, 37], 2));
    });
  });

  test('give the same bits: products of any size', () => {
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(size, size, size, fc.boolean(), fc.boolean(), fc.nat(), (m, k, n, transposeA, transposeB, seed) => {
        expectSameBits(devices, (device) => {
          const options = { device, generator: new Generator(seed) };
          const a = normal(transposeA ? [k, m] : [m, k], 0, 1, options);
          const b = normal(transposeB ? [n, k] : [k, n], 0, 1, options);
          return [a.matmul(b, { transposeA, transposeB })];
        });
      }),
    );
  });

  test('give the same bits: convolutions of any size', () => {
    const form = fc.record({
      images: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 9 }),
      filters: fc.integer({ min: 1, max: 13 }),
      height: fc.integer({ min: 3, max: 20 }),
      width: fc.integer({ min: 3, max: 40 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      padding: fc.integer({ min: 0, max: 1 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(form, ({ images, channels, filters, height, width, kernel, stride, padding, seed }) => {
        expectSameBits(devices, (device) => {
          const options = { device, generator: new Generator(seed) };
          const x = normal([images, channels, height, width], 0, 1, options);
          const weight = normal([filters, channels, kernel, kernel], 0, 1, options);
          const y = conv2d(x, weight, normal([filters], 0, 1, options), { stride, padding });
          const slopes = normal(y.shape, 0, 1, options);
          const geometry = {
            kernel: [kernel, kernel],
            stride: [stride, stride],
            padding: [padding, padding],
            dilation: [1, 1],
            groups: 1,
          } as const;
          return [
            y,
            ...apply(operators.conv2dInputGradient, [slopes, weight], { ...geometry, shape: x.shape }),
            ...apply(operators.conv2dWeightGradient, [slopes, x], { ...geometry, shape: weight.shape }),
          ];
        });
      }),
    );
  });

  test('give the same bits: tiles side by side, beyond the edges, and with a few infinities', () => {
    const side = fc.integer({ min: 13, max: 34 });
    const form = fc.record({ height: side, width: side, places: fc.array(fc.nat(), { maxLength: 3 }), seed: fc.nat() });
    fc.assert(
      fc.property(form, ({ height, width, places, seed }) => {
        expectSameBits(devices, (device) => {
          const options = { device, generator: new Generator(seed) };
          const numbers = normal([2, 16, height, width], 0, 1, options).dataSync().slice();
          for (const each of places) numbers[each % numbers.length] = Infinity;
          const x = tensor(numbers, { device, shape: [2, 16, height, width] });
          const weight = normal([16, 16, 3, 3], 0, 1, options);
          // Which NaN it is may differ.
          return [conv2d(x, weight, normal([16], 0, 1, options), { padding: 1 }).nanToNum()];
        });
      }),
      { numRuns: 20 },
    );
  });
});

test('samples are of every kernel', () => {
  const exports = instantiate(compile('simd'));
  const called = new Set<string>();
  const watched = Object.fromEntries(
    Object.entries(exports).map(([name, kernel]): [string, KernelExports[keyof KernelExports]] => [
      name,
      (task, block, scratch) => {
        called.add(name);
        return kernel(task, block, scratch);
      },
    ]),
  ) as unknown as KernelExports;
  const device = deviceWith(watched);
  scope(() => {
    const source = { device: reference, generator: new Generator(3) };
    const draw = (shape: readonly number[]) => {
      const drawn = normal(shape, 0, 2, source);
      return place(device, shape, Array.from(drawn.dataSync()));
    };
    const operands = { x: draw([3, 5, 13, 18]), y: draw([3, 5, 13, 18]), draw };
    for (const compute of Object.values(kernelSamples)) compute(operands);
  });
  const kernels = Object.keys(exports).filter((name) => !/(Blocks|Scratch|Shared)$/.test(name));
  expect(kernels.filter((name) => !called.has(name))).toEqual([]);
});
