import { logitsOf } from '../client/logits.js';
import { EncryptedNetwork } from '../run/encrypted-network.js';
import { NoisySlots } from './noisy-slots.js';
import { type RunnablePlan, resultsOf } from './plan.js';

/** How often the network is run on a sample, with other errors each time. */
export const DRAWS = 4;
/** Standard deviations of an error that are its bound. */
export const MARGIN = 6;

/** A sample with the logits that the network has for it in float64. */
export interface Sample {
  readonly input: ArrayLike<number>;
  readonly logits: ArrayLike<number>;
}

/**
 * What errors of logits stay below: six standard deviations of the logit and sample where they are the largest, as a simulation
 * finds it. The plan is run as it is on slots that have the errors of encryption, so that every copy, rotation and rescale counts.
 *
 * It is an estimate, not a proof. Errors of encryption have no bound, only a distribution. Polynomials multiply them by their
 * slopes, for which the samples of the calibration stand: where an input leaves their range and slopes are larger, so are errors.
 * Errors of the polynomials themselves, as fits of something else, are none: the network in float64 has them, too.
 */
export function errorBoundOf(plan: RunnablePlan, samples: readonly Sample[]): number {
  const evaluator = new NoisySlots(plan.parameters);
  const network = new EncryptedNetwork(plan, evaluator);
  const output = resultsOf(plan.output);
  const { level, scale } = plan.input;
  const refreshed = (sent: readonly Uint8Array[]) =>
    sent.map((message) => NoisySlots.message(NoisySlots.numbers(message), level, scale));
  let largest = 0;
  for (const { input, logits } of samples) {
    const squares = new Float64Array(logits.length);
    const messages = plan.gathers.map((gather) => {
      const values = new Float64Array(gather.length);
      gather.forEach((place, slot) => {
        if (place >= 0) values[slot] = input[place]!;
      });
      return NoisySlots.message(values, level, scale);
    });
    for (let draw = 0; draw < DRAWS; draw++) {
      evaluator.drawSecret();
      const results = network.run(messages, refreshed).map((message) => NoisySlots.numbers(message));
      logitsOf({ output, degree: plan.parameters.degree }, results).forEach((logit, i) => {
        squares[i]! += (logit - logits[i]!) ** 2;
      });
    }
    largest = Math.max(largest, ...squares);
  }
  network.dispose();
  return MARGIN * Math.sqrt(largest / DRAWS);
}
