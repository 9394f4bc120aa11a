import type { Tensor } from '@pnn/tensor';
import { checkAlike, type LossOptions, reduce } from './reduction.js';

/**
 * Squared differences.
 *
 * @throws ShapeError where the shapes differ
 */
export function meanSquaredError(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('meanSquaredError', prediction, target);
  return reduce(prediction.sub(target).square(), options);
}
