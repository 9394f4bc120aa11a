import { Subset } from '@pnn/data';
import type { DescribedNetwork } from '@pnn/models';
import { type Dataset, Generator, Parameter } from '@pnn/nn';
import { type CalibratedLayer, calibrate } from '@pnn/pnn';
import type { EvaluationRecord } from './evaluation.js';
import { batchesFor, type TrainedNetwork } from './trained-network.js';

/** How bounds are chosen anew. */
export interface RecalibrationOptions {
  /** The quantile of |x| that bounds are based on. */
  readonly quantile: number;
  /** The bound as a multiple of that quantile. */
  readonly margin: number;
  /** Whether fits weigh inputs by how often they occur. */
  readonly density: boolean;
}

/** What calibrating has done. */
export interface CalibrationRecord extends RecalibrationOptions {
  readonly model: string;
  /** The file of the new network. */
  readonly written: string;
  /** The training samples that the bounds are based on. */
  readonly basedOn: number;
  readonly before: EvaluationRecord;
  readonly after: EvaluationRecord;
}

/** Random samples of a data set, the same every time. */
export function sampleOf(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.length) return dataset;
  const order = new Generator(0, 'calibration').permutation(dataset.length);
  return new Subset(dataset, order.slice(0, count));
}

/** Whether a network has coefficients that were learned: its polynomials are no fits any more, and are to be kept. */
export function hasLearnedCoefficients({ activations }: TrainedNetwork): boolean {
  return activations.some(([, { coefficients }]) => coefficients instanceof Parameter);
}

/**
 * Gives every polynomial of a network a new bound, from the inputs that it gets with the samples, and a new fit: to its target,
 * or where coefficients were learned to itself, which is the same polynomial on another range.
 *
 * @throws CalibrationError where no bound can be based on the inputs of a layer; nothing is changed then
 */
export async function recalibrate(
  trained: TrainedNetwork,
  samples: Dataset,
  options: RecalibrationOptions,
): Promise<CalibratedLayer[]> {
  const batches = batchesFor(trained, samples);
  function* inputs() {
    for (const batch of batches) {
      yield batch.inputs;
      batch.dispose();
    }
  }
  return calibrate(trained.network, inputs(), { ...options, keepPolynomials: hasLearnedCoefficients(trained) });
}

/** A network with what must be known to use it, its bounds chosen by the options. */
export function describedAfter(
  { network, description }: TrainedNetwork,
  { quantile, margin, density }: RecalibrationOptions,
): DescribedNetwork {
  const { method } = description;
  const polynomial = method.polynomial!;
  const steps = polynomial.bound.kind === 'calibrated' ? polynomial.bound.steps : 0;
  const bound = { kind: 'calibrated', steps, quantile, margin, density } as const;
  return { ...description, network, method: { ...method, polynomial: { ...polynomial, bound } } };
}
