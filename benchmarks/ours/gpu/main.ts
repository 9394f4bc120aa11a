import { DeviceError } from '@pnn/nn';
import type { GpuMode } from '@pnn/tensor/gpu';
import { AbsentError, type Participation, serve } from '../../serve.js';
import { version } from '../version.js';
import { missingHere, openDevice, subject } from './device.js';

async function load(mode: GpuMode): Promise<Participation> {
  try {
    const missing = await missingHere(mode);
    if (missing === undefined) return { version, adapter: await openDevice(mode), ...subject };
    if (mode !== 'webgl2' && mode !== 'webgpu') throw new AbsentError(missing);
  } catch (error) {
    throw error instanceof DeviceError ? new AbsentError(error.message) : error;
  }
  const { openInChromium } = await import('./chromium.js');
  return { version, ...(await openInChromium(mode)) };
}

// This library on its device `gpu` in the mode that is named: in Node where Node has the mode, else in Chromium.
await serve(() => load(process.argv[2] as GpuMode));
