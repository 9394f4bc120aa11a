import { apply, type OperatorFamilies, operators, type Tensor } from '@pnn/tensor';
import type { Context, RulesOf } from '../rule.js';
import { neighbor } from './neighbor.js';

interface Attributes {
  readonly axis: number;
  readonly reverse: boolean;
}

/**
 * The gradient of each y in y ← factors·y + terms, that through all later ones included: the same recurrence, from the
 * last to the first, since y goes into the next one by the next factor.
 */
function throughLater(g: Tensor, factors: Tensor, { axis, reverse }: Attributes): Tensor {
  const next = neighbor(factors, axis, reverse ? 'before' : 'after', 0);
  return apply(operators.linearRecurrence, [next, g], { axis, reverse: !reverse })[0]!;
}

/** What a factor was multiplied with, times the gradient of the product; `initial` is what the first one met. */
function ofFactors(initial: number) {
  return (g: Tensor, c: Context<Attributes>): Tensor => {
    const { axis, reverse } = c.attributes;
    const earlier = neighbor(c.output(0), axis, reverse ? 'after' : 'before', initial);
    return throughLater(g, c.input(0), c.attributes).mul(earlier);
  };
}

/** No rule divides: products whose factors are 0 have their derivatives, of every order. */
export const scanRules: RulesOf<OperatorFamilies['scan']> = {
  cumsum: [(g, c) => apply(operators.cumsum, [g], { ...c.attributes, reverse: !c.attributes.reverse })[0]],
  cumprod: [ofFactors(1)],
  linearRecurrence: [ofFactors(0), (g, c) => throughLater(g, c.input(0), c.attributes)],
};
