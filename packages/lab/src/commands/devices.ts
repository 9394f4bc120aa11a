import { DeviceError } from '@pnn/nn';
import { gpu, listGpuModes } from '@pnn/tensor/gpu';
import type { Command } from '../cli/command.js';
import { openDevice } from '../cli/devices.js';

/** Returns what an action does, or what is missing if it fails for that reason. */
async function orMissing(action: () => Promise<string>): Promise<string> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return `missing: ${error.message}`;
  }
}

/** What a device says of itself, or what is missing. */
const described = (name: string, otherwise: string): Promise<string> =>
  orMissing(async () => (await openDevice(name)).description ?? otherwise);

async function gpuLines(): Promise<[name: string, text: string][]> {
  const lines: [string, string][] = [];
  for (const { mode, missing } of await listGpuModes()) {
    const text = missing ? `missing: ${missing}` : await orMissing(async () => (await gpu({ mode })).description);
    lines.push([`gpu:${mode}`, text]);
  }
  return lines;
}

/** `pnn devices` */
export const devices: Command = {
  name: 'devices',
  summary: 'list what this machine can compute with',
  description: 'Lists the devices that pnn train --device NAME can take on this machine, and what the others lack.',
  options: () => [],
  async run(_options, terminal) {
    const lines: [name: string, text: string][] = [
      ['wasm', await described('wasm', 'SIMD on the processor')],
      ['reference', 'plain loops on the processor, every type'],
      ['webgpu', await described('webgpu', 'a GPU')],
      ['webgpu:software', await described('webgpu:software', 'a processor')],
    ];
    try {
      lines.push(...(await gpuLines()));
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      lines.push(['gpu', `missing: ${error.message}`]);
    }
    const width = Math.max(...lines.map(([name]) => name.length));
    for (const [name, text] of lines) terminal.write(`${name.padEnd(width)}  ${text}\n`);
    return 0;
  },
};
