import type { Shape } from '@pnn/tensor';
import type { MoveTransform, Transform, ValueTransform } from './transform.js';

/** Transforms that are applied one stage after the other. */
export interface Stages {
  readonly values: readonly ValueTransform[];
  readonly rest: readonly Transform[];
}

/**
 * The same transforms, those of values first: up to the first one that is neither that nor a move, their order among
 * each other is all that matters. Equal bits come out, and the generator is asked for the same numbers.
 *
 * @param shape the shape of the samples
 * @param elements the type of their elements
 */
export function valuesFirst(
  transforms: readonly Transform[],
  shape: Shape,
  elements: Float32ArrayConstructor | Float64ArrayConstructor,
): Stages {
  // What is no image is refused by the transforms themselves, when they get it.
  const known = shape.length === 2 || shape.length === 3 ? transforms.findIndex((each) => !isKnown(each)) : 0;
  const end = known < 0 ? transforms.length : known;
  const rest = transforms.slice(0, end).flatMap((transform, i) => {
    if (!isMove(transform)) return [];
    const later = transforms.slice(i, end).filter(isValue);
    const channels = shape.length === 3 ? shape[0]! : 1;
    return transform.after((value) => applied(later, new elements(channels).fill(value), shape));
  });
  return { values: transforms.slice(0, end).filter(isValue), rest: [...rest, ...transforms.slice(end)] };
}

/** Applies transforms of values to the elements, as many of each channel of an image of this shape. */
export function applied<T extends Float32Array | Float64Array>(
  values: readonly ValueTransform[],
  elements: T,
  shape: Shape,
): T {
  const leading = shape.slice(0, -2);
  const channels = leading[0] ?? 1;
  for (const transform of values) transform(elements, [...leading, 1, elements.length / channels]);
  return elements;
}

function isValue(transform: Transform | ValueTransform): transform is ValueTransform {
  return 'changes' in transform && transform.changes === 'values';
}

function isMove(transform: Transform | MoveTransform): transform is MoveTransform {
  return 'changes' in transform && transform.changes === 'places';
}

function isKnown(transform: Transform): boolean {
  return isValue(transform) || isMove(transform);
}
