import { type Operator, scope, type Tensor } from '@pnn/tensor';
import { recordCall } from './history.js';
import { noGrad } from './recording.js';
import type { Rule, SharedRule } from './rule.js';

/** An operator on a shard of a batch whose output depends on the other shards, too, by what is among the attributes. */
export interface SharedOperator<A> extends SharedRule<A> {
  /** The name that messages use. */
  readonly name: string;
  /** Computes the output; what it does inside is not recorded. */
  forward(inputs: readonly (Tensor | undefined)[], attributes: A): Tensor;
}

/** Turns a definition into a function of tensors, which `backwardInSteps` differentiates. */
export function sharedOperator<A>(
  definition: SharedOperator<A>,
): (inputs: readonly (Tensor | undefined)[], attributes: A) => Tensor {
  const operator: Operator = { name: definition.name, infer: () => [], launch: () => {} };
  return (inputs, attributes) => {
    const output = scope(() => noGrad(() => definition.forward(inputs, attributes).detach()));
    if (inputs.some((input) => input?.requiresGrad)) {
      recordCall({ operator, inputs, outputs: [output], attributes }, definition as unknown as Rule);
    }
    return output;
  };
}
