import type { BatchRange } from '../range/range-tracker.js';
import type { StopRecord } from './records.js';

/** What a step saw, as far as it tells whether the training still makes sense. */
export interface StepHealth {
  readonly step: number;
  readonly loss: number;
  /** The norm of the gradients before clipping. */
  readonly norm: number;
  /** The norm of the gradients that clipping leaves out. */
  readonly unclipped: number;
  /** The names of the buffers, such as running statistics, that the step has made other than finite. */
  readonly buffers: readonly string[];
  readonly layers: readonly { readonly name: string; readonly bound: number; readonly range: BatchRange }[];
}

/**
 * Why a step must be the last one, or undefined if all is finite. A polynomial overflows far outside its range, and that
 * is first seen later: in the inputs of another layer, or in the loss. So the layer named is the last one before that
 * whose inputs were out of range. If there is none, it is the layer whose inputs or buffers are not finite.
 */
export function divergenceOf({
  step,
  loss,
  norm,
  unclipped,
  buffers,
  layers,
}: StepHealth): Omit<StopRecord, 'kind'> | undefined {
  const firstBroken = layers.findIndex(({ range }) => range.notFinite > 0);
  const [buffer] = buffers;
  if (firstBroken < 0 && buffer === undefined && [loss, norm, unclipped].every(Number.isFinite)) return undefined;
  const before = firstBroken < 0 ? layers : layers.slice(0, firstBroken);
  const culprit = before.findLast(({ bound, range }) => range.maxAbs > bound);
  if (culprit) {
    const { name, bound, range } = culprit;
    return {
      layer: name,
      step,
      reason: `the polynomial overflowed: |x| = ${range.maxAbs.toExponential(1)}, B = ${Number(bound.toPrecision(4))}`,
    };
  }
  if (firstBroken >= 0) {
    const { name, range } = layers[firstBroken]!;
    return { layer: name, step, reason: `${range.notFinite} of its inputs are not finite` };
  }
  if (buffer !== undefined) {
    const [, layer = '', name = buffer] = /^(.*)\.([^.]*)$/.exec(buffer) ?? [];
    return { layer, step, reason: `its ${name} is not finite` };
  }
  if (!Number.isFinite(loss)) return { layer: null, step, reason: `the loss is ${loss}` };
  if (!Number.isFinite(norm)) return { layer: null, step, reason: `the gradient norm is ${norm}` };
  return { layer: null, step, reason: `the norm of the gradients that are not clipped is ${unclipped}` };
}
