import { DeviceError } from '@pnn/nn';
import { AbsentError, type Participation, serve } from '../../serve.js';
import { version } from '../version.js';
import { type GpuWay, missingHere, openDevice, subject } from './device.js';

async function load(mode: GpuWay): Promise<Participation> {
  try {
    const missing = await missingHere(mode);
    if (missing === undefined) return { version, adapter: await openDevice(mode), ...subject };
    if (mode !== 'webgl2' && mode !== 'webgpu' && mode !== 'wgsl') throw new AbsentError(missing);
  } catch (error) {
    throw error instanceof DeviceError ? new AbsentError(error.message) : error;
  }
  const { openInChromium } = await import('./chromium.js');
  return { version, ...(await openInChromium(mode)) };
}

// This library on a GPU, by what is named: in Node where Node has it, else in Chromium.
await serve(() => load(process.argv[2] as GpuWay));
