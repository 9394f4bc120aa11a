import type { Inputs, Operator } from './operator.js';
import type { Tensor } from './tensor.js';

/** One application of an operator, as automatic differentiation gets to see it. */
export interface OperatorCall {
  readonly operator: Operator;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly attributes: unknown;
}

/** The inputs of an operator as tensors. */
export type TensorsOf<I extends Inputs> = {
  readonly [K in keyof I]: undefined extends I[K] ? Tensor | undefined : Tensor;
};

/**
 * How a tensor came to be, for those who differentiate: attached to a tensor by @pnn/autograd, told of every operator
 * that the tensor enters. Tensors without one cost nothing.
 */
export interface History {
  /** The operator was applied to inputs, one of which has this history. */
  record(call: OperatorCall): void;
  /** Whether the tensor was made as it is, not computed from others that gradients flow to. */
  readonly isLeaf: boolean;
  /** What `backward` has added up for this tensor, where it is a leaf. */
  gradient: Tensor | undefined;
  /** Adds the gradients of the tensor to the leaves that it depends on. */
  backward(of: Tensor, gradient: Tensor | undefined): void;
}
