import type { Affine, Source } from '../compile/affine.js';
import { type Program, runProgram } from '../compile/program.js';
import { PlanError } from '../errors.js';

/** How far the inputs of one polynomial reach, as shares of its bound: beyond 1 it is not what it was fitted to be. */
export interface LayerRange {
  readonly name: string;
  readonly bound: number;
  /** Over the samples of the calibration. */
  readonly observed: number;
  /** How many values of theirs lie beyond the bound. */
  readonly beyond: number;
  /**
   * What no input within the box can exceed; for layers that see the input alone, and undefined for others, whose bounds
   * would be too wide to say anything.
   */
  readonly provable: number | undefined;
  /** The largest |result| over the samples, in the form in which it is computed: most of them are 2 at most. */
  readonly largestResult: number;
}

/** What is known of the ranges: observed on samples, and proved where that is possible. */
export interface Certificate {
  readonly samples: number;
  /** The least and the largest element of the samples. */
  readonly box: readonly [low: number, high: number];
  readonly layers: readonly LayerRange[];
  readonly largestLogit: number;
  /** The layers whose results the client gets to see in the clear, since it refreshes them. */
  readonly seenByClient: readonly string[];
}

/** The largest absolute value of an affine map of the input, over a box, by interval arithmetic. */
function largestOver(affine: Affine, input: Source, [low, high]: readonly [number, number]): number | undefined {
  const matrix = affine.terms.get(input);
  if (!matrix || affine.terms.size > 1) return undefined;
  let largest = 0;
  affine.constant.forEach((constant, row) => {
    let [least, most] = [constant, constant];
    matrix.forRow(row, (_, weight) => {
      least += weight * (weight > 0 ? low : high);
      most += weight * (weight > 0 ? high : low);
    });
    largest = Math.max(largest, -least, most);
  });
  return largest;
}

/**
 * Runs a program on samples and notes how far its values reach.
 *
 * @throws PlanError where logits are not finite
 */
export function certify(program: Program, samples: readonly Float64Array[]): Certificate {
  let [low, high, largestLogit] = [Infinity, -Infinity, 0];
  const observed = program.layers.map(() => ({ largest: 0, beyond: 0, result: 0 }));
  for (const sample of samples) {
    for (const value of sample) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const { logits, activations, results } = runProgram(program, sample);
    for (const logit of logits) largestLogit = Math.max(largestLogit, Math.abs(logit));
    activations.forEach((values, layer) => {
      const own = observed[layer]!;
      for (const value of values) {
        own.largest = Math.max(own.largest, Math.abs(value));
        if (Math.abs(value) > 1) own.beyond++;
      }
      for (const value of results[layer]!) own.result = Math.max(own.result, Math.abs(value));
    });
  }
  if (!Number.isFinite(largestLogit)) {
    throw new PlanError('the network gives numbers that are not finite on the samples of the calibration: check them');
  }
  const box = [low, high] as const;
  const layers = program.layers.map(({ name, bound, input }, layer) => ({
    name,
    bound,
    observed: observed[layer]!.largest,
    beyond: observed[layer]!.beyond,
    provable: largestOver(input, program.input, box),
    largestResult: observed[layer]!.result,
  }));
  return { samples: samples.length, box, layers, largestLogit, seenByClient: [] };
}
