import { tensor } from '../creation.js';
import type { TypedArray } from '../dtype.js';
import { checkRole } from '../operator.js';
import { scope } from '../scope.js';
import { broadcastShapes, stridesOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** The flat positions of elements that are not 0. */
async function placesOf(x: Tensor): Promise<Int32Array> {
  const elements = await x.data();
  let count = 0;
  for (const element of elements) if (element !== 0) count++;
  const places = new Int32Array(count);
  let next = 0;
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) places[next++] = i;
  return places;
}

/**
 * The coordinates (int32) of the elements that are not 0, in row-major order: [count, axes]. A promise on every device,
 * since the count is known only when the elements are: await it outside of `scope()`, and free the result.
 */
export async function nonzero(x: Tensor): Promise<Tensor> {
  const { shape, device } = x;
  const places = await placesOf(x);
  const strides = stridesOf(shape);
  const coordinates = new Int32Array(places.length * shape.length);
  let next = 0;
  for (const place of places) {
    for (const [axis, stride] of strides.entries()) coordinates[next++] = Math.floor(place / stride) % shape[axis]!;
  }
  return tensor(coordinates, { shape: [places.length, shape.length], device });
}

/**
 * The elements where the mask (bool) holds, in row-major order: [count]; x and mask broadcast. Gradients flow to x. A
 * promise on every device, as `nonzero` is.
 *
 * @throws DTypeError where the mask is not bool
 */
export async function maskedSelect(x: Tensor, mask: Tensor): Promise<Tensor> {
  checkRole('maskedSelect', 'mask', mask, 'bool');
  const shape = broadcastShapes('maskedSelect', x.shape, mask.shape);
  const held = mask.broadcastTo(shape);
  const places = await placesOf(held);
  held.dispose();
  const select = () =>
    x
      .broadcastTo(shape)
      .flatten()
      .take(0, tensor(places, { device: x.device }));
  // Backward needs what lies between; without it nobody does.
  return x.requiresGrad ? select() : scope(select);
}

/** The different elements of a tensor. */
export interface UniqueElements {
  /** Each of them once, in ascending order: [count]. */
  readonly values: Tensor;
  /** For each element of the tensor its position (int32) among the values. */
  readonly inverse: Tensor;
  /** How often each value occurs (int32): [count]. */
  readonly counts: Tensor;
}

/**
 * The different elements, in ascending order; NaN, if there is one, comes last and once. A promise on every device, as
 * `nonzero` is; gradients do not flow through it.
 */
export async function unique(x: Tensor): Promise<UniqueElements> {
  const { shape, device } = x;
  const elements = await x.data();
  const different = new Set<number>(elements);
  const arrayType = elements.constructor as new (from: Iterable<number>) => TypedArray;
  const values = new arrayType(different).sort();
  const places = new Map(Array.from(values, (value, place) => [value, place] as const));
  const inverse = new Int32Array(elements.length);
  const counts = new Int32Array(values.length);
  for (let i = 0; i < elements.length; i++) {
    const place = places.get(elements[i]!)!;
    inverse[i] = place;
    counts[place]!++;
  }
  return {
    values: tensor(values, { device }),
    inverse: tensor(inverse, { shape, device }),
    counts: tensor(counts, { device }),
  };
}
