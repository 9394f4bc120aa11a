import { formatShape, type Generator, type Shape, ShapeError } from '@pnn/tensor';

/**
 * Changes one sample in place before it goes into a batch; its label stays as it is.
 *
 * @param sample its elements, in the memory of the batch
 * @param shape the shape of the sample
 * @param generator where random numbers come from, so that a seeded run repeats
 */
export type Transform = (sample: Float32Array | Float64Array, shape: Shape, generator: Generator) => void;

/** A transform in which a value and its channel, its position along the first axis, alone say what becomes of it. */
export interface ValueTransform {
  (sample: Float32Array | Float64Array, shape: Shape): void;
  readonly changes: 'values';
  /**
   * The number of channels that it tells apart in samples of this shape; 1 if it treats all alike.
   *
   * @throws ShapeError where it does not fit such samples
   */
  channelsIn(shape: Shape): number;
  /** What a value becomes in a channel, in double precision. */
  map(value: number, channel: number): number;
}

/** A transform of images that moves elements within their channels, whatever their values are. */
export interface MoveTransform extends Transform {
  readonly changes: 'places';
  /**
   * What this transform is for samples whose values were changed before instead of afterwards.
   *
   * @param change what a value that it puts in, such as that of a border, becomes in each channel
   */
  after(change: (value: number) => ArrayLike<number>): Transform;
}

/** A sample seen as planes of rows and columns. */
export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The planes of an image [C,H,W], or [H,W] for a single one.
 *
 * @throws ShapeError where the sample is no image
 */
export function planesOf(transform: string, shape: Shape): Planes {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new ShapeError(`${transform}: a sample ${formatShape(shape)} is no image: it must be [C,H,W] or [H,W]`);
  }
  return { channels: shape.length === 3 ? shape[0]! : 1, height: shape.at(-2)!, width: shape.at(-1)! };
}
