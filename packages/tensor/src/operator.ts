import type { DType } from './dtype.js';
import { ArgumentError, DTypeError } from './errors.js';
import type { Kernels, Operand } from './kernels.js';
import type { Shape } from './shape.js';

/** What an operator says of an output before it is computed. */
export interface OutputSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The output looks at the elements of this input instead of having its own. */
  readonly aliasOf?: number;
}

/** The inputs of an operator; an optional one may be undefined. */
export type Inputs = readonly (Operand | undefined)[];

/**
 * One operation on tensors, the same for every device: which shapes and types come out, and which kernel computes them.
 */
export interface Operator<I extends Inputs = Inputs, A = unknown> {
  readonly name: string;
  /** Whether the first input is changed in place. */
  readonly inPlace?: boolean;
  /** Checks the inputs and tells the outputs, without computing. */
  infer(inputs: I, attributes: A): readonly OutputSpec[];
  /** Computes the outputs. */
  launch(kernels: Kernels, inputs: I, outputs: readonly Operand[], attributes: A): void;
}

/** An operator with the types of its inputs and attributes. */
export function operator<I extends Inputs, A>(definition: Operator<I, A>): Operator<I, A> {
  return definition;
}

/** Attributes of an operator that computes the gradient of an input from that of the output, its own first input. */
export interface Overwriting {
  /**
   * Whether the gradient of the input is written over the other one, which nobody needs any more: it takes no room in memory,
   * nor in the cache, where what comes next would else be pushed out.
   *
   * @default false
   */
  readonly overwrite?: boolean;
}

/** What such an operator says of the gradient of x, which is of the shape of the output. */
export function inputGradient({ shape, dtype }: Operand, { overwrite = false }: Overwriting): OutputSpec {
  return overwrite ? { shape, dtype, aliasOf: 0 } : { shape, dtype };
}

/** @throws DTypeError where the operands have different types */
export function checkSameType(operation: string, a: Operand, b: Operand): void {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(`${operation}: ${a.dtype} and ${b.dtype}: make the types equal with cast()`);
  }
}

/** @throws DTypeError where the operand has another type */
export function checkType(operation: string, operand: Operand, allowed: readonly DType[]): void {
  if (!allowed.includes(operand.dtype)) {
    throw new DTypeError(`${operation}: ${operand.dtype} is not supported: cast() to ${allowed.join(' or ')} first`);
  }
}

/** @throws DTypeError where an operand that has a part of its own, such as an index, has another type */
export function checkRole(operation: string, role: string, operand: Operand, dtype: DType): void {
  if (operand.dtype !== dtype) {
    throw new DTypeError(`${operation}: the ${role} is ${operand.dtype}: cast() it to ${dtype}`);
  }
}

/** @throws DTypeError where the operand does not have float32 or float64 elements */
export function checkFloat(operation: string, operand: Operand): void {
  checkType(operation, operand, ['float32', 'float64']);
}

/** @throws ArgumentError where the value is not an integer of at least `minimum` */
export function checkInteger(operation: string, name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new ArgumentError(`${operation}: ${name} must be an integer of ${minimum} or more, not ${value}`);
  }
}
