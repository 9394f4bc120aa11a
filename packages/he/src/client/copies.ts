import type { ClientPlan } from '../plan/plan.js';

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
