import { ArgumentError, type Operator, scope, type Tensor } from '@pnn/tensor';
import { recordCall } from './history.js';
import { noGrad } from './recording.js';
import type { Rule, Vjp } from './rule.js';
import { computeCustom } from './trace/recorder.js';

/** An operator that a program defines for itself. */
export interface CustomOperator<A> {
  /** The name that messages use. */
  readonly name: string;
  /** Computes the output; what it does inside is not recorded. */
  forward(inputs: readonly Tensor[], attributes: A): Tensor;
  /** One vjp for each input; undefined for an input without gradient. Differentiable operators give higher orders. */
  readonly vjps: readonly (Vjp<A> | undefined)[];
}

/**
 * Turns a definition into a function of tensors that is differentiated by the vjps given.
 *
 * @throws ArgumentError (from the function) where the number of inputs is not the number of vjps
 */
export function customOperator<A = void>(
  definition: CustomOperator<A>,
): (inputs: readonly Tensor[], attributes: A) => Tensor {
  const operator: Operator = { name: definition.name, infer: () => [], launch: () => {} };
  return (inputs, attributes) => {
    if (inputs.length !== definition.vjps.length) {
      throw new ArgumentError(
        `${definition.name}: ${inputs.length} inputs for ${definition.vjps.length} vjps: give one vjp for each input`,
      );
    }
    // A view, so that a forward that returns one of its inputs does not give that input another history.
    const compute = (given: readonly Tensor[]) =>
      scope(() => noGrad(() => definition.forward(given, attributes).detach()));
    const output = computeCustom({ name: definition.name, inputs, attributes, compute });
    if (inputs.some((input) => input.requiresGrad)) {
      recordCall({ operator, inputs, outputs: [output], attributes }, definition.vjps as Rule);
    }
    return output;
  };
}
