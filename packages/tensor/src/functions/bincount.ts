import { full } from '../creation.js';
import { ShapeError } from '../errors.js';
import { checkInteger, checkRole } from '../operator.js';
import { formatShape, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/**
 * How often each of the integers from 0 to count − 1 occurs: labels (int32) of any shape → [count], int32. With a = labels
 * and b = predictions, `bincount(a.mul(n).add(b), n * n).reshape([n, n])` counts what was taken for what.
 *
 * @param options.weights what each label counts instead of 1, in the shape of the labels; the sums have their type
 * @throws ShapeError where the weights have another shape
 * @throws DTypeError where labels are not int32
 * @throws ArgumentError where a label is not one of these integers
 */
export function bincount(labels: Tensor, count: number, options?: { readonly weights?: Tensor }): Tensor {
  checkRole('bincount', 'tensor of labels', labels, 'int32');
  checkInteger('bincount', 'count', count, 0);
  const weights = options?.weights ?? full(labels.shape, 1, { dtype: 'int32', device: labels.device });
  if (!sameShape(weights.shape, labels.shape)) {
    throw new ShapeError(
      `bincount: labels ${formatShape(labels.shape)}, weights ${formatShape(weights.shape)}: the shapes differ`,
    );
  }
  return weights.flatten().scatterAdd(0, labels.flatten(), count);
}
