import { checkSameMemory } from '../apply.js';
import { ArgumentError } from '../errors.js';
import { checkFloat, checkSameType } from '../operator.js';
import type { Tensor } from '../tensor.js';

/**
 * √Σx² over the elements of all tensors, of one floating type, in one pass: a scalar without history.
 *
 * @throws ArgumentError where there are no tensors
 * @throws DTypeError | DeviceError where their types or memories differ, or the type is not a floating one
 */
export function euclideanNorm(tensors: readonly Tensor[]): Tensor {
  const first = tensors[0];
  if (!first) throw new ArgumentError('euclideanNorm: there are no tensors: give at least one');
  checkFloat('euclideanNorm', first);
  for (const tensor of tensors) {
    checkSameMemory('euclideanNorm', first, tensor);
    checkSameType('euclideanNorm', first, tensor);
  }
  const norm = first.allocate([], first.dtype);
  first.device.kernels.euclideanNorm(tensors, norm);
  return norm;
}
