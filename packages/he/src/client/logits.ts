import { spreadOfDigits } from '../plan/noise.js';
import type { ClientPlan } from '../plan/plan.js';

/**
 * Logits from the slots of the decrypted results: means over all copies of each, in which slots of larger errors count
 * less.
 */
export function logitsOf(
  { output, degree }: Pick<ClientPlan, 'output' | 'degree'>,
  results: readonly Float64Array[],
): Float64Array {
  const slots = degree / 2;
  const spread = spreadOfDigits(degree);
  return Float64Array.from(output.places, (place) => {
    const values = results[Math.floor(place / slots)]!;
    let [sum, weights] = [0, 0];
    for (let slot = place % slots; slot < slots; slot += output.period) {
      const weight = 1 / spread[slot]!;
      sum += weight * values[slot]!;
      weights += weight;
    }
    return sum / weights;
  });
}
