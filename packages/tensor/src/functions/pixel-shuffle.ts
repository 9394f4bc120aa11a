import { ShapeError } from '../errors.js';
import { checkInteger } from '../operator.js';
import { formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

function planesOf(operation: string, x: Tensor, factor: number): readonly [number, number, number, number] {
  checkInteger(operation, 'factor', factor, 1);
  if (x.rank !== 4) throw new ShapeError(`${operation}: ${formatShape(x.shape)}: the input must be [N,C,H,W]`);
  return x.shape as [number, number, number, number];
}

/**
 * Channels become places: [N,C·r²,H,W] → [N,C,H·r,W·r] with factor r (Shi et al., arXiv 1609.05158).
 *
 * @throws ShapeError where r² does not divide the channels
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const [images, channels, height, width] = planesOf('pixelShuffle', x, factor);
  if (channels % factor ** 2 !== 0) {
    throw new ShapeError(`pixelShuffle: ${formatShape(x.shape)}: ${factor}² must divide the ${channels} channels`);
  }
  const kept = channels / factor ** 2;
  return x
    .reshape([images, kept, factor, factor, height, width])
    .permute([0, 1, 4, 2, 5, 3])
    .reshape([images, kept, height * factor, width * factor]);
}

/**
 * The inverse of pixelShuffle: [N,C,H·r,W·r] → [N,C·r²,H,W] with factor r.
 *
 * @throws ShapeError where r does not divide the rows and the columns
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const [images, channels, rows, columns] = planesOf('pixelUnshuffle', x, factor);
  if (rows % factor !== 0 || columns % factor !== 0) {
    throw new ShapeError(`pixelUnshuffle: ${formatShape(x.shape)}: ${factor} must divide the rows and the columns`);
  }
  const [height, width] = [rows / factor, columns / factor];
  return x
    .reshape([images, channels, height, factor, width, factor])
    .permute([0, 1, 3, 5, 2, 4])
    .reshape([images, channels * factor ** 2, height, width]);
}
