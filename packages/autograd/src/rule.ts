import type { DType, Inputs, Operand, Operator, Shape, Tensor, TensorsOf } from '@pnn/tensor';
import type { Place } from './parts.js';

/** What a rule may look at of the call that it differentiates. */
export interface Context<A = unknown> {
  readonly attributes: A;
  /**
   * An input with the elements that it had in the call.
   *
   * @throws GradientError where they are gone: freed, or overwritten in place
   */
  input(index: number): Tensor;
  /** The same for an input that may be missing. */
  optionalInput(index: number): Tensor | undefined;
  /**
   * An output with the elements that it had after the call.
   *
   * @throws GradientError where they are gone
   */
  output(index: number): Tensor;
  /** The shape of an input, whether its elements are still there or not. */
  shape(index: number): Shape;
  /** The type of an input, whether its elements are still there or not. */
  dtype(index: number): DType;
}

/**
 * A vector-Jacobian product: from the gradient with respect to the (first) output, that with respect to one input.
 * Written with differentiable operators, so that it has derivatives itself. Undefined stands for zeros.
 */
export type Vjp<A = unknown> = (gradient: Tensor, call: Context<A>) => Tensor | undefined;

/** One vjp for each input; undefined for an input that has no gradient, such as indices. */
export type VjpPerInput<I extends Inputs, A> = { readonly [K in keyof I]: Vjp<A> | undefined };

/** The gradients of any number of inputs of one kind; those of inputs that are not needed may be left out. */
export type VjpOfAll<A> = (
  gradient: Tensor,
  call: Context<A>,
  needed: readonly boolean[],
) => readonly (Tensor | undefined)[];

/** The rule of an operator whose output is a part of its input: the gradient belongs there, and is 0 elsewhere. */
export interface PartRule<A> {
  place(attributes: A): Place;
}

/**
 * A rule that computes several gradients in one pass, for speed, together with a definition by differentiable operators
 * from which derivatives of higher order come.
 */
export interface FusedRule<I extends Inputs, A> {
  /**
   * The gradients of the inputs from those of the outputs; undefined where only the composition can tell.
   *
   * @param overwrite whether the gradient of the first output may be overwritten, for nobody needs it afterwards
   */
  fused(
    gradients: readonly (Tensor | undefined)[],
    call: Context<A>,
    needed: readonly boolean[],
    overwrite: boolean,
  ): readonly (Tensor | undefined)[] | undefined;
  /** The inputs from this index on do not reach the composition as arguments: it has captured them. */
  readonly capturedFrom?: number;
  /** The (differentiable) outputs by other operators. */
  composition(inputs: TensorsOf<I>, attributes: A): readonly Tensor[];
  /** Runs the composition and its differentiation, where something has to be prepared for them and put right again. */
  around?<T>(differentiation: () => T): T;
}

/**
 * A rule for a shard of a batch whose output depends on the other shards, too: so do its gradients, by numbers that every
 * shard has a part in. Only `backwardInSteps` can wait for those of others.
 */
export interface SharedRule<A> {
  /** The part of this shard. */
  own(gradient: Tensor, call: Context<A>): Tensor;
  /** The gradients of the inputs, with the sum of all parts. */
  gradients(gradient: Tensor, call: Context<A>, own: Tensor, total: Tensor): readonly (Tensor | undefined)[];
}

/** The outputs do not depend on the inputs in a way that has a derivative. */
export const constant = 'constant';

/** How an operator is differentiated. */
export type Rule<I extends Inputs = Inputs, A = unknown> =
  | typeof constant
  | VjpPerInput<I, A>
  | VjpOfAll<A>
  | PartRule<A>
  | SharedRule<A>
  | FusedRule<I, A>;

/** One rule for each operator of a table: a missing or a wrongly sized one is a compile error. */
export type RulesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Operator<infer I, infer A>
    ? I extends readonly Operand[]
      ? number extends I['length']
        ? typeof constant | VjpOfAll<A>
        : Exclude<Rule<I, A>, VjpOfAll<A>>
      : Exclude<Rule<I, A>, VjpOfAll<A>>
    : never;
};

/** The vjp of a function that is constant between its steps. */
export const zero: Vjp<unknown> = () => undefined;
