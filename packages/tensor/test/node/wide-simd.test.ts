import { ArgumentError, type Device, DeviceError, Generator, normal, scope, setThreads, wasm } from '@pnn/tensor';
import { enableWideSimd, wideSimdObstacle } from '@pnn/tensor/node';
import { describe, expect, test, vi } from 'vitest';
import { isWideChosen } from '../../src/devices/wasm/chosen-module.js';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { kernelSamples } from '../../src/node/kernel-samples.js';
import { obstacleOn, platformHere } from '../../src/node/wide-simd.js';

describe('wideSimdObstacle', () => {
  const platform = {
    node: '24.0.0',
    hasPass: true,
    system: 'linux',
    arch: 'x64',
    flags: new Set(['avx', 'avx2']),
    width: undefined,
  } as const;

  test('is nothing from Node 24 on, with AVX2', () => {
    for (const width of [undefined, '', '256']) expect(obstacleOn({ ...platform, width })).toBeUndefined();
    expect(obstacleOn({ ...platform, node: '26.1.0' })).toBeUndefined();
  });

  test.each([
    [{ node: '22.4.1' }, 'Node 22.4.1 does not pack vectors: Node 24 and later do'],
    [{ hasPass: false }, 'this build of Node 24.0.0 does not pack vectors'],
    [{ arch: 'arm64' }, 'vectors are packed on x64 alone, and this is arm64'],
    [{ system: 'win32', flags: undefined }, 'win32 does not tell whether the processor has AVX2'],
    [{ flags: new Set(['avx', 'sse4_2']) }, 'the processor has no AVX2'],
    [{ width: '128' }, 'PNN_SIMD is 128'],
  ])('of %j is a sentence', (other, sentence) => {
    expect(obstacleOn({ ...platform, ...other })).toBe(sentence);
  });
});

const obstacle = wideSimdObstacle();

test('a width that is none is refused', () => {
  expect(() => obstacleOn({ ...platformHere(), width: '512' })).toThrow(
    new ArgumentError('PNN_SIMD must be 128 or 256, not 512'),
  );
});

test.skipIf(obstacle !== undefined || isWideChosen())(
  'enableWideSimd leaves kernels alone that give other bits, or fail',
  () => {
    const samples = kernelSamples as Record<string, (typeof kernelSamples)[string]>;
    const { reductions } = samples;
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      let turn = 0;
      samples.reductions = ({ x }) => [x.add(turn++)];
      expect(enableWideSimd()).toBe(false);
      expect(said.mock.calls).toEqual([
        ['wasm: kernels compute with 128 bits: with 256, other bits come from reductions'],
      ]);
      samples.reductions = () => {
        if (turn++ % 2 === 1) throw new Error('out of order');
        return [];
      };
      expect(() => enableWideSimd()).toThrow('out of order');
      expect(wideSimdObstacle()).toBeUndefined();
    } finally {
      samples.reductions = reductions!;
      said.mockRestore();
    }
  },
);

test.skipIf(obstacle !== undefined)('enableWideSimd has wasm() compute with 256 bits, in workers, too', () => {
  expect(enableWideSimd()).toBe(true);
  setThreads(2);
  expect(wasm().description).toBe('wasm (relaxed SIMD, 256 bits, 2 threads)');
  const generator = (seed: number) => ({ generator: new Generator(seed) });
  const product = (device: Device) =>
    scope(() => {
      const on = { device, ...generator(1) };
      return normal([300, 200], 0, 1, on)
        .matmul(normal([200, 400], 0, 1, on))
        .dataSync()
        .slice();
    });
  const narrow = deviceWith(instantiate(compile('relaxedSimd')));
  expect(Buffer.compare(Buffer.from(product(wasm()).buffer), Buffer.from(product(narrow).buffer))).toBe(0);
  setThreads(1);
  expect(wideSimdObstacle()).toBeUndefined();
  expect(enableWideSimd()).toBe(true);
});

test.skipIf(obstacle === undefined)('enableWideSimd says why it cannot be used', () => {
  expect(() => enableWideSimd()).toThrow(new DeviceError(`enableWideSimd: ${obstacle}`));
  wasm();
  expect(wideSimdObstacle()).toBe('the device wasm is in use: its kernels are chosen at the first wasm()');
  expect(() => enableWideSimd()).toThrow(new DeviceError(`enableWideSimd: ${wideSimdObstacle()}`));
});
