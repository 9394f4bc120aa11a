import {
  type ChannelStatistics,
  type Dataset,
  type InputArrays,
  type LabelArrays,
  type Module,
  type Shape,
  sameShape,
  sizeOf,
} from '@pnn/nn';
import { makeBatchPlan } from './batch/make-batch-plan.js';
import type { BatchPlan } from './batch/plan.js';
import { checkChoice } from './check-choice.js';
import { MODULUS_BITS, type Security } from './ckks/parameters.js';
import { programOf } from './compile/program-of.js';
import { PlanError } from './errors.js';
import { makePlan } from './plan/make-plan.js';
import type { Plan } from './plan/plan.js';

/** What a network is compiled for. */
export interface CompileOptions {
  /** The shape of one sample, such as [1, 28, 28]. */
  readonly input: Shape;
  /** Samples that ranges and errors are taken from; bytes become byte / 255. */
  readonly calibrate: Dataset;
  /**
   * How many of them are used.
   *
   * @default 256
   */
  readonly samples?: number;
  /**
   * What errors of logits must stay below.
   *
   * @default 0.01
   */
  readonly precision?: number;
  /**
   * What samples are normalized with before the network sees them, as a network file says. The server does it: clients
   * encrypt what they have.
   *
   * @default none
   */
  readonly normalization?: ChannelStatistics | null;
  /**
   * No prime has more bits; 60 at most.
   *
   * @default 50
   */
  readonly maxPrimeBits?: number;
  /**
   * What is to be fast: one input at a time, or many. For many, the layout that takes less time for each is chosen.
   *
   * @default 'latency'
   */
  readonly optimize?: 'latency' | 'throughput';
  /**
   * How numbers lie in ciphertexts: those of one input in few ciphertexts, or each element of N/2 inputs in a ciphertext.
   *
   * @default what `optimize` leads to
   */
  readonly layout?: 'single' | 'batch';
  /**
   * Whether the client may help where levels run out, in the layout `single`: it decrypts results inside of the network and encrypts them again. It
   * learns these numbers by that, and can compute the weights from them: only for networks that clients may know.
   *
   * @default false
   */
  readonly refresh?: boolean;
  /**
   * By what the parameters are 128-bit secure: the Homomorphic Encryption Standard (2018), which SEAL enforces, or the stricter
   * guidelines of 2024 (ePrint 2024/463), which take a few bits of precision, or a larger N.
   *
   * @default 'standard'
   */
  readonly security?: Security;
}

const DEFAULT_SAMPLES = 256;
const DEFAULT_PRECISION = 0.01;
/** Kernels are several times faster with primes below 2^50, and more bits would not make any result better. */
const DEFAULT_PRIME_BITS = 50;

/** One sample of a data set. */
export interface Sample {
  /** As the network takes it: bytes become byte / 255. */
  readonly input: Float64Array;
  readonly label: ArrayLike<number>;
}

/** Samples of a data set, spread over all of it. */
export function spreadSamples(dataset: Dataset, count: number): Sample[] {
  const size = sizeOf(dataset.inputShape);
  const taken = Math.min(count, dataset.length);
  const arrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
  const inputs = new arrays[dataset.inputType](size);
  const labels = new arrays[dataset.labelType](sizeOf(dataset.labelShape));
  const divisor = dataset.inputType === 'uint8' ? 255 : 1;
  return Array.from({ length: taken }, (_, i) => {
    dataset.read(
      [Math.floor((i * dataset.length) / taken)],
      inputs as InputArrays[keyof InputArrays],
      labels as LabelArrays[keyof LabelArrays],
    );
    return { input: Float64Array.from(inputs, (value) => value / divisor), label: labels.slice() };
  });
}

/**
 * Compiles a network for encrypted inputs: finds out what it computes, in which order, and with which parameters that is
 * precise enough, fast and secure.
 *
 * @returns a `Plan` for one input, or a `BatchPlan` where `layout` or `optimize` lead to it
 * @throws PlanError where the network cannot be computed on encrypted numbers, or not as precisely as asked, by the names of layer
 *   and remedy; or where an option has a value that it cannot have
 */
export async function compile<const Options extends CompileOptions>(
  network: Module,
  options: Options,
): Promise<PlanOf<Options>> {
  return (await anyPlan(network, options)) as PlanOf<Options>;
}

/** What options lead to. */
export type PlanOf<Options extends CompileOptions> = Options extends { readonly layout: 'batch' }
  ? BatchPlan
  : Options extends { readonly layout: 'single' }
    ? Plan
    : Options extends { readonly optimize: 'throughput' }
      ? Plan | BatchPlan
      : Plan;

/** Of the layouts the one that takes less time for each of many inputs, by the estimates of plans. */
async function fasterPlan(makeSingle: () => Promise<Plan>, makeBatch: () => Promise<BatchPlan>) {
  const [single, batch] = await Promise.allSettled([makeSingle(), makeBatch()]);
  if (single.status === 'fulfilled' && batch.status === 'fulfilled') {
    const each = batch.value.cost.milliseconds / batch.value.images;
    return each < single.value.cost.milliseconds ? batch.value : single.value;
  }
  if (batch.status === 'fulfilled') return batch.value;
  if (single.status === 'fulfilled') return single.value;
  throw single.reason;
}

async function anyPlan(network: Module, options: CompileOptions): Promise<Plan | BatchPlan> {
  const { input, calibrate, normalization, layout, optimize = 'latency' } = options;
  const { samples = DEFAULT_SAMPLES, precision = DEFAULT_PRECISION, maxPrimeBits = DEFAULT_PRIME_BITS } = options;
  const { refresh = false, security = 'standard' } = options;
  if (!sameShape(input, calibrate.inputShape)) {
    throw new PlanError(
      `samples [${calibrate.inputShape}] do not fit inputs [${input}]: calibrate with those of the network`,
    );
  }
  checkChoice('security', security, Object.keys(MODULUS_BITS));
  checkChoice('optimize', optimize, ['latency', 'throughput']);
  if (layout !== undefined) checkChoice('layout', layout, ['single', 'batch']);
  if (!(precision > 0)) throw new PlanError(`the precision must be positive, not ${precision}`);
  if (!(Number.isInteger(samples) && samples > 0))
    throw new PlanError(`samples must be a positive integer, not ${samples}`);
  if (!(Number.isInteger(maxPrimeBits) && maxPrimeBits >= 28 && maxPrimeBits <= 60)) {
    throw new PlanError(`maxPrimeBits must be an integer from 28 to 60, not ${maxPrimeBits}`);
  }
  const program = await programOf(network, input, normalization);
  const inputs = spreadSamples(calibrate, samples).map((sample) => sample.input);
  const requirements = { precision, maxPrimeBits, refresh, security };
  const single = () => makePlan(program, inputs, requirements);
  const batch = () => makeBatchPlan(program, inputs, requirements);
  if (layout === 'batch') return batch();
  if (layout === 'single' || optimize === 'latency') return single();
  return fasterPlan(single, batch);
}
