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
  const differences = expected
    .map((value, at) => Math.abs(results[Math.floor(at / slots)]![at % slots]! - value))
    .sort();
  return differences[differences.length >> 1]!;
}
