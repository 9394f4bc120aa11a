import type { DType, Operator, OperatorName, Operators, Shape, Tensor } from '@pnn/tensor';

/** An argument of the traced function. */
export interface GraphInput {
  readonly kind: 'input';
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Where the elements of a constant come from. */
export type ConstantOrigin =
  /** The state of the module: the name is that in its state dict, such as `2.weight`. */
  | { readonly kind: 'parameter' | 'buffer'; readonly name: string }
  /** The function fills a tensor with this number, as for the second operand of `x.mul(0.5)`. */
  | { readonly kind: 'number'; readonly value: number }
  /** The function makes a tensor of numbers that it has, as with `tensor([1, 2])`. */
  | { readonly kind: 'literal' }
  /** The function uses a tensor that was there before. */
  | { readonly kind: 'captured' };

/** A tensor that a graph brings along. */
export interface GraphConstant {
  readonly kind: 'constant';
  readonly shape: Shape;
  readonly dtype: DType;
  readonly origin: ConstantOrigin;
  /** The elements: those of a parameter, a buffer or a captured tensor are shared with it. */
  readonly tensor: Tensor;
  /** Whether every run begins with a copy, since the function makes the tensor anew and changes it in place. */
  readonly copied: boolean;
}

/** An output of a node. */
export interface GraphResult {
  readonly kind: 'result';
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tensor in a graph. Two values are the same where they are the same object. */
export type GraphValue = GraphInput | GraphConstant | GraphResult;

/** The module of which `forward` was running: its path, such as `layer1.0.conv` ('' for the outermost), and its class. */
export interface ModulePlace {
  readonly path: string;
  readonly type: string;
}

interface AnyNode {
  /** What the operator gets; undefined for an optional input that is missing. */
  readonly inputs: readonly (GraphValue | undefined)[];
  readonly outputs: readonly GraphResult[];
  /** Whether the first input is changed: it and all views of it have the new elements from here on. */
  readonly inPlace: boolean;
  /** Undefined outside of modules. */
  readonly module: ModulePlace | undefined;
}

type AttributesOf<Name extends OperatorName> = Operators[Name] extends Operator<infer _, infer A> ? A : never;

/** A call of an operator of the engine; `operator` tells the type of `attributes`. */
export type OperatorNode<Name extends OperatorName = OperatorName> = {
  [N in Name]: AnyNode & { readonly operator: N; readonly attributes: AttributesOf<N> };
}[Name];

/**
 * A call of an operator that a program defines itself and that the operators of the engine do not make up. It may change
 * in place what it is given or has captured, which `inPlace` does not always tell.
 */
export interface CustomNode extends AnyNode {
  readonly operator: 'custom';
  readonly name: string;
  readonly attributes: unknown;
  /** Computes the outputs. */
  readonly compute: (inputs: readonly (Tensor | undefined)[]) => readonly Tensor[];
}

/** A step of a graph. */
export type GraphNode = OperatorNode | CustomNode;
