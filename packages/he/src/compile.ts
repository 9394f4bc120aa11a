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
 * @throws PlanError where it cannot be computed on encrypted numbers, or not as precisely as asked: names layer and remedy
 */
export async function compile(network: Module, options: CompileOptions): Promise<Plan> {
  const { input, calibrate, normalization } = options;
  const { samples = DEFAULT_SAMPLES, precision = DEFAULT_PRECISION, maxPrimeBits = DEFAULT_PRIME_BITS } = options;
  if (!sameShape(input, calibrate.inputShape)) {
    throw new PlanError(
      `samples [${calibrate.inputShape}] do not fit inputs [${input}]: calibrate with those of the network`,
    );
  }
  if (!(precision > 0)) throw new PlanError(`the precision must be positive, not ${precision}`);
  if (!(Number.isInteger(samples) && samples > 0))
    throw new PlanError(`samples must be a positive integer, not ${samples}`);
  if (!(Number.isInteger(maxPrimeBits) && maxPrimeBits >= 28 && maxPrimeBits <= 60)) {
    throw new PlanError(`maxPrimeBits must be an integer from 28 to 60, not ${maxPrimeBits}`);
  }
  const program = await programOf(network, input, normalization);
  const inputs = spreadSamples(calibrate, samples).map((sample) => sample.input);
  return makePlan(program, inputs, { precision, maxPrimeBits });
}
