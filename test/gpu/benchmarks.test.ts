import { describe, expect, onTestFinished, test } from 'vitest';
import { Field } from '../../benchmarks/field.js';
import { gpuProgram, ourProgram } from '../../benchmarks/programs.js';
import { workloads } from '../../benchmarks/workloads/index.js';
import '../../packages/tensor/test/webgpu/swiftshader.js';
import { browserModes, noBrowser } from './browser.js';

const ways = ['wgsl', ...browserModes] as const;

describe.skipIf(noBrowser)('in Chromium', () => {
  test('benchmarks tell upload, work and readback of the modes apart', async () => {
    const gpu = ways.map(gpuProgram);
    const field = await Field.gather({ threads: 1, ours: ourProgram('wasm', 1), peers: [], gpu });
    onTestFinished(() => field.leave());
    expect(field.gpuModes).toMatchObject(
      ways.map((mode) => ({ name: `gpu-${mode}`, adapter: { name: expect.stringMatching(/./) } })),
    );
    const result = await field.measure(workloads.find(({ name }) => name === 'matmul/128')!, true);
    // Figures mean that the results agreed with those of the device wasm.
    const part = { median: expect.any(Number), repetitions: 3 };
    expect(result.gpu).toMatchObject(
      ways.map((mode) => ({ name: `gpu-${mode}`, upload: part, kernel: part, wait: part, readback: part })),
    );
  });
});
