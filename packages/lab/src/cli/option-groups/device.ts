import { hasWasm } from '@pnn/nn';
import type { DeviceSpec } from '../../experiment/specs.js';
import { deviceNames } from '../devices.js';
import type { OptionSpecs, Options } from '../options.js';

const MAX_THREADS = 64;

/** What computes. */
export function deviceOptions(): OptionSpecs {
  return {
    device: { value: 'NAME', description: 'wasm (default), reference, webgpu, gpu or gpu:MODE: see pnn devices' },
    threads: {
      value: 'N',
      description: 'threads of the device wasm (default: one for each processor, or PNN_THREADS)',
    },
  };
}

/**
 * The device that the options name.
 *
 * @param resumed that of an interrupted training, which goes on there; other threads give the same bits
 * @throws UsageError if a value is out of its range
 */
export function deviceSpecFrom(options: Options, resumed?: DeviceSpec): DeviceSpec {
  const threads = options.integer('threads', 1, MAX_THREADS);
  const name = resumed?.name ?? options.choice('device', deviceNames) ?? (hasWasm() ? 'wasm' : 'reference');
  if (threads !== undefined && name !== 'wasm') options.refuse(`--threads goes with --device wasm, not ${name}`);
  return { name, threads: threads ?? resumed?.threads ?? null };
}
