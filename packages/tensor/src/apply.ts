import { checkElement, type DType, type TypedArray } from './dtype.js';
import { noteChanging } from './effects.js';
import { DeviceError } from './errors.js';
import type { History, TensorsOf } from './history.js';
import type { Inputs, Operator } from './operator.js';
import { operators } from './operators/index.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';
import { activeTracer, withTracer } from './tracer.js';

/** Something that stands for a tensor in arithmetic: numbers take the type and the device of the other operand. */
export type TensorLike = Tensor | number;

/** @throws DeviceError where the tensors lie in different memories */
export function checkSameMemory(operation: string, a: Tensor, b: Tensor): void {
  if (a.device.memory === b.device.memory) return;
  throw new DeviceError(
    `${operation}: operands lie on ${a.device.name} and ${b.device.name}: move one with await to()`,
  );
}

/**
 * Applies an operator: infers the outputs, allocates them on the device of the inputs, launches the kernel and tells
 * the history of the inputs and the tracer, if there are any.
 *
 * @throws DeviceError where the inputs lie in different memories
 */
export function apply<I extends Inputs, A>(operator: Operator<I, A>, inputs: TensorsOf<I>, attributes: A): Tensor[] {
  const tensors = inputs as readonly (Tensor | undefined)[];
  let first: Tensor | undefined;
  let history: History | undefined;
  for (const tensor of tensors) {
    if (!tensor) continue;
    first ??= tensor;
    history ??= tensor.history;
    checkSameMemory(operator.name, first, tensor);
  }
  const { device } = first!;
  const operands = inputs as unknown as I;
  const tracer = activeTracer();
  const outputs: Tensor[] = [];
  try {
    for (const { shape, dtype, aliasOf } of operator.infer(operands, attributes)) {
      outputs.push(first!.allocate(shape, dtype, aliasOf === undefined ? undefined : tensors[aliasOf]!.buffer));
    }
    if (operator.inPlace) {
      noteChanging(first!);
      tracer?.changing(first!);
    }
    // What a kernel does, such as drawing the numbers of a mask, is part of the operator.
    if (tracer) withTracer(undefined, () => operator.launch(device.kernels, operands, outputs, attributes));
    else operator.launch(device.kernels, operands, outputs, attributes);
    if (operator.inPlace) first!.buffer.version++;
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  if (history || tracer) {
    const call = { operator: operator as unknown as Operator, inputs: tensors, outputs, attributes };
    history?.record(call);
    tracer?.called(call);
  }
  return outputs;
}

/** Another handle of the same elements. */
export function view(x: Tensor): Tensor {
  return apply(operators.reshape, [x], { shape: x.shape })[0]!;
}

/** A number as an operand of the operation, with the type and on the device of the tensor. */
export function scalarLike(operation: string, value: number, like: Tensor): Tensor {
  checkElement(operation, value, like.dtype);
  const scalar = like.allocate([], like.dtype);
  like.device.kernels.fill(scalar, value);
  activeTracer()?.filled(scalar.buffer, value);
  return scalar;
}

/** Elements that are known on the host as an operand on the device of the tensor. */
export function elementsLike(elements: TypedArray, shape: Shape, dtype: DType, like: Tensor): Tensor {
  const made = like.allocate(shape, dtype);
  like.device.memory.write(made, elements);
  activeTracer()?.written(made.buffer);
  return made;
}

/** first, first + 1, … (int32) for the places along an axis of the tensor, in a shape that broadcasts to its own. */
export function placesAlong(x: Tensor, axis: number, first = 0): Tensor {
  const count = x.shape[axis]!;
  const shape = x.shape.map((_, each) => (each === axis ? count : 1));
  return elementsLike(
    Int32Array.from({ length: count }, (_, i) => first + i),
    shape,
    'int32',
    x,
  );
}

/** Applies an operator of one operand without attributes. */
export function applyUnary(operator: Operator<readonly [Tensor], void>, x: Tensor): Tensor {
  return apply(operator, [x], undefined)[0]!;
}

/** Applies an operator of two operands without attributes, the second of which may be a number. */
export function applyBinary(operator: Operator<readonly [Tensor, Tensor], void>, a: Tensor, b: TensorLike): Tensor {
  return apply(operator, [a, typeof b === 'number' ? scalarLike(operator.name, b, a) : b], undefined)[0]!;
}
