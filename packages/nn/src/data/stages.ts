import type { Shape } from '@pnn/tensor';
import type { MoveTransform, Transform, ValueTransform } from './transform.js';

/** Transforms that are applied one stage after the other. */
export interface Stages {
  readonly values: readonly ValueTransform[];
  readonly rest: readonly Transform[];
}

/** How a number is kept between two transforms of values: as float32, or in double precision. */
export type Rounding = (value: number) => number;

/**
 * The same transforms, those of values first: up to the first one that is neither that nor a move, their order among
 * each other is all that matters. Equal bits come out, and the generator is asked for the same numbers.
 *
 * @param shape the shape of the samples
 * @throws ShapeError where a transform of values does not fit the samples
 */
export function valuesFirst(transforms: readonly Transform[], shape: Shape, round: Rounding): Stages {
  const end = countReorderable(transforms, shape);
  const reorderable = transforms.slice(0, end);
  const channels = shape.length === 3 ? shape[0]! : 1;
  const rest = reorderable.flatMap((transform, i) => {
    if (!isMove(transform)) return [];
    const later = reorderable.slice(i).filter(isValue);
    const change = (value: number) =>
      Array.from({ length: channels }, (_, channel) => applied(later, round(value), channel, round));
    return transform.after(change);
  });
  return { values: reorderable.filter(isValue), rest: [...rest, ...transforms.slice(end)] };
}

/** What the transforms make of a value in a channel. */
export function applied(values: readonly ValueTransform[], value: number, channel: number, round: Rounding): number {
  return values.reduce((before, transform) => round(transform.map(before, channel)), value);
}

/** The number of transforms up to the first one whose place among the others matters. */
function countReorderable(transforms: readonly Transform[], shape: Shape): number {
  // What is no image is refused by the moves themselves, when they get it.
  const isImage = shape.length === 2 || shape.length === 3;
  let moved = false;
  for (const [i, transform] of transforms.entries()) {
    if (isValue(transform)) {
      // The rows of [H,W] that a move carries elements between are the channels of [C,T].
      if (transform.channelsIn(shape) > 1 && moved && shape.length === 2) return i;
    } else if (isMove(transform) && isImage) moved = true;
    else return i;
  }
  return transforms.length;
}

function isValue(transform: Transform | ValueTransform): transform is ValueTransform {
  return 'changes' in transform && transform.changes === 'values';
}

function isMove(transform: Transform | MoveTransform): transform is MoveTransform {
  return 'changes' in transform && transform.changes === 'places';
}
