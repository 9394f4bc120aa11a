import { formatShape, type Generator, type Shape, ShapeError } from '@pnn/tensor';

/**
 * Changes one sample in place before it goes into a batch.
 *
 * @param sample its elements, in the memory of the batch
 * @param shape the shape of the sample
 * @param generator where random numbers come from, so that a seeded run repeats
 */
export type Transform = (sample: Float32Array | Float64Array, shape: Shape, generator: Generator) => void;

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

/** A function that copies a sample to memory of its own, which is used again every time. */
export function sampleCopier(): (sample: Float32Array | Float64Array) => Float32Array | Float64Array {
  let copy: Float32Array | Float64Array = new Float32Array(0);
  return (sample) => {
    if (copy.length !== sample.length || copy.constructor !== sample.constructor) copy = sample.slice();
    else copy.set(sample);
    return copy;
  };
}
