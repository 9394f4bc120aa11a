import type { BatchClientPlan } from '../batch/plan.js';
import type { ClientPlan } from '../plan/plan.js';

type Limited = Pick<ClientPlan | BatchClientPlan, 'degree' | 'output' | 'errorBound'>;

/** Deviations that bounds are made of come from a simulation, and inputs are steeper than its samples. */
const MARGIN = 8;

/**
 * By how much copies of a logit may differ. The bound of a plan is that of the mean over all copies, whose errors are smaller by the root
 * of their number where they are independent; those of a batch are bounded each.
 */
export function disagreementLimit({ degree, output, errorBound }: Limited): number {
  const copies = 'period' in output ? degree / 2 / output.period : 1;
  return MARGIN * Math.sqrt(copies) * errorBound;
}

/**
 * How far the slots of a result are from the logits that they repeat, or from 0: the median. Errors of computing are as large
 * as the plan expects, in all but a few slots. Whatever else changed a ciphertext, such as a damaged coefficient or numbers that
 * wrapped around, changes all slots, and each of them differently. What the server made on purpose is not noticed.
 */
export function disagreementOf(
  { output, degree }: Pick<ClientPlan, 'output' | 'degree'>,
  results: readonly Float64Array[],
  logits: Float64Array,
): number {
  const slots = degree / 2;
  const expected = new Float64Array(slots * results.length);
  output.places.forEach((place, i) => {
    const first = Math.floor(place / slots) * slots;
    for (let slot = place % slots; slot < slots; slot += output.period) expected[first + slot] = logits[i]!;
  });
  return medianOf(expected.map((value, at) => Math.abs(results[Math.floor(at / slots)]![at % slots]! - value)));
}

/**
 * The same of a batch, whose slots behind the inputs repeat these from the first one on: the largest of all logits, each of which is
 * a ciphertext; 0 for a batch that is full.
 */
export function disagreementOfBatch(results: readonly Float64Array[], inputs: number): number {
  return results.reduce((largest, values) => {
    const differences = values.slice(inputs).map((value, i) => Math.abs(value - values[i % inputs]!));
    return differences.length > 0 ? Math.max(largest, medianOf(differences)) : largest;
  }, 0);
}

function medianOf(values: Float64Array): number {
  return values.sort()[values.length >> 1]!;
}
