import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDevice, setDevice } from '@pnn/nn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { missing } from '../../../tensor/test/webgpu/adapter.js';
import { type Command, runCommand } from '../../src/cli/command.js';
import { deviceNames, useDevice } from '../../src/cli/devices.js';
import { devices } from '../../src/commands/devices.js';
import { train } from '../../src/commands/train.js';
import { parseReport } from '../../src/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-devices-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function printed(command: Command, ...args: string[]): Promise<{ status: number; text: string }> {
  let text = '';
  const status = await runCommand(command, args, { write: (part) => (text += part) });
  return { status, text };
}

describe('pnn devices', () => {
  it('lists what this machine has, and what the rest lacks', async () => {
    const { status, text } = await printed(devices);
    expect(status).toBe(0);
    const names = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual(deviceNames.filter((name) => name !== 'gpu'));
    expect(text).toMatch(/^gpu:webasm {7}gpu \(webasm\): WebAssembly on the processor/m);
    expect(text).toMatch(/^gpu:webgl2 {7}missing: WebGL 2 is a feature of browsers/m);
  });

  it('says how to get gpu.js where it is not installed', async () => {
    vi.resetModules();
    vi.doMock('gpu.js', () => {
      throw new Error('Cannot find package');
    });
    const fresh = await import('../../src/commands/devices.js');
    const { status, text } = await printed(fresh.devices);
    vi.doUnmock('gpu.js');
    vi.resetModules();
    expect(status).toBe(0);
    expect(text).toMatch(/^gpu {14}missing: .*npm install gpu.js$/m);
  });
});

describe('pnn train --device', () => {
  const small = ['--train-samples', '64', '--test-samples', '32', '--epochs', '1', '--widths', '2,4', '--no-twin'];

  it('trains on the GPU device, and the report names it', async () => {
    const { status, text } = await printed(train, '--device', 'gpu', ...small, '--out', folder);
    expect(status).toBe(0);
    expect(text).toMatch(/^Device: gpu \((webasm|webgpu|headlessgl)\): .*\n/);
    const report = parseReport(readFileSync(join(folder, 'report.json'), 'utf8'));
    expect(text).toContain(`Device: ${report.runs[0]!.device}\n`);
    expect(Number.isFinite(report.runs[0]!.final!.testLoss)).toBe(true);
  });

  it.skipIf(missing)('trains on WebGPU, by a processor where that is asked for', async () => {
    const { status, text } = await printed(
      train,
      '--device',
      'webgpu:software',
      ...small,
      '--out',
      join(folder, 'webgpu'),
    );
    expect(status).toBe(0);
    expect(text).toMatch(/^Device: webgpu: .*\n/);
    const report = parseReport(readFileSync(join(folder, 'webgpu', 'report.json'), 'utf8'));
    expect(Number.isFinite(report.runs[0]!.final!.testLoss)).toBe(true);
  });

  it('keeps the mode that was taken, so that a resumed training computes the same', async () => {
    const before = getDevice();
    try {
      const { device, spec } = await useDevice({ name: 'gpu', threads: null });
      expect(spec.name).toMatch(/^gpu:(webasm|webgpu|headlessgl)$/);
      expect(deviceNames).toContain(spec.name);
      expect((await useDevice(spec)).device).toBe(device);
    } finally {
      setDevice(before);
    }
  });

  it('refuses devices that there are not', async () => {
    await expect(runCommand(train, ['--device', 'tpu'], { write: () => {} })).rejects.toThrow(
      /--device tpu is none of wasm, reference, webgpu, webgpu:software, gpu, /,
    );
    await expect(runCommand(train, ['--device', 'gpu:webgl2', ...small], { write: () => {} })).rejects.toThrow(
      /no webgl2: /,
    );
  });
});
