import type { BatchPlan, Plan } from '@pnn/he';
import { ArgumentError } from '@pnn/nn';
import type { Options } from '../cli/options.js';
import { loadSamples, type SampleSpec } from '../cli/trained-files.js';
import type { TrainedNetwork } from '../trained/trained-network.js';

/**
 * Loads the package of encrypted inference, which the workbench does without otherwise.
 *
 * @throws ArgumentError if it is not installed
 */
export async function encryption() {
  try {
    const [main, node] = await Promise.all([import('@pnn/he'), import('@pnn/he/node')]);
    return { ...main, ...node };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ArgumentError('pnn encrypt: @pnn/he is not installed: npm install @pnn/he node-seal@6.0.3');
  }
}

/** What both sides of a connection must agree to. */
export function connectionFrom(options: Options) {
  const security = options.choice('security', ['standard', 'guidelines'] as const);
  return { refresh: options.has('refresh'), ...(security !== undefined && { security }) };
}

/** Plans a network, calibrated with samples. */
export async function planOf(trained: TrainedNetwork, spec: SampleSpec, options: Options): Promise<Plan | BatchPlan> {
  const { compile } = await encryption();
  const { inputShape, normalization } = trained.description;
  const precision = options.positive('precision');
  const layout = options.choice('layout', ['single', 'batch'] as const);
  const optimize = options.choice('optimize', ['latency', 'throughput'] as const);
  return compile(trained.network, {
    input: inputShape,
    calibrate: await loadSamples(trained, spec),
    normalization,
    ...(precision !== undefined && { precision }),
    ...(layout !== undefined && { layout }),
    ...(optimize !== undefined && { optimize }),
    ...connectionFrom(options),
  });
}
