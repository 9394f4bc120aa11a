import type { OperatorCall } from './history.js';
import type { Buffer } from './kernels.js';
import type { Generator } from './random.js';
import type { Tensor } from './tensor.js';

/**
 * Follows everything that a computation does with tensors, whether gradients flow through it or not: `trace` of
 * @pnn/autograd makes a graph of it. Without one, each event costs a comparison.
 */
export interface Tracer {
  /** There is room for the elements of a new tensor. */
  allocated(elements: Buffer): void;
  /** The elements of a new tensor are all this number. */
  filled(elements: Buffer, value: number): void;
  /** The elements of a new tensor are numbers that the program gave. */
  written(elements: Buffer): void;
  /** An operator was applied. */
  called(call: OperatorCall): void;
  /** An operator is about to change the tensor in place. */
  changing(tensor: Tensor): void;
  /** A kernel that belongs to no operator, such as the step of an optimizer, is about to change the tensor in place. */
  changingUnseen(tensor: Tensor): void;
  /** The program reads the elements of a tensor at once (`dataSync`), so that it can compute with them. */
  reading(elements: Buffer): void;
  /** The program says where the random numbers of a generator begin. */
  seeded(generator: Generator): void;
  /** The program draws a random number. */
  drawing(generator: Generator): void;
}

let active: Tracer | undefined;

/** The tracer that follows the computation at present. */
export function activeTracer(): Tracer | undefined {
  return active;
}

/** Runs the body while this tracer, or none, follows what it does. */
export function withTracer<T>(tracer: Tracer | undefined, body: () => T): T {
  const before = active;
  active = tracer;
  try {
    return body();
  } finally {
    active = before;
  }
}
