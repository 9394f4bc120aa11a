import { full } from '../creation.js';
import type { DType } from '../dtype.js';
import { checkInteger, checkRole } from '../operator.js';
import type { Tensor } from '../tensor.js';

/**
 * 1 at the place of each label and 0 elsewhere, along a new last axis: labels (int32) […] → […, classes].
 *
 * @param options.dtype the type of the result. @default int32, as PyTorch's
 * @throws DTypeError where labels are not int32
 * @throws ArgumentError where a label is not a class
 */
export function oneHot(labels: Tensor, classes: number, options?: { readonly dtype?: Exclude<DType, 'bool'> }): Tensor {
  checkRole('oneHot', 'tensor of labels', labels, 'int32');
  checkInteger('oneHot', 'classes', classes, 0);
  const index = labels.unsqueeze(-1);
  return full(index.shape, 1, { dtype: options?.dtype ?? 'int32', device: labels.device }).scatterAdd(
    -1,
    index,
    classes,
  );
}
