import { ArgumentError, type Tensor } from '@pnn/tensor';
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

/**
 * Absolute differences; the derivative where they are 0 is 0.
 *
 * @throws ShapeError where the shapes differ
 */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('l1Loss', prediction, target);
  return reduce(prediction.sub(target).abs(), options);
}

/** c·(d − c/2) with c = d limited to ±δ: d²/2 within, δ·(|d| − δ/2) beyond. */
function huber(difference: Tensor, delta: number): Tensor {
  const limited = difference.clamp(-delta, delta);
  return limited.mul(difference.sub(limited.mul(0.5)));
}

/**
 * Huber's loss: d²/2 for differences d up to δ, δ·(|d| − δ/2) beyond.
 *
 * @param options.delta δ; 1 by default
 * @throws ShapeError where the shapes differ
 * @throws ArgumentError where δ is not positive
 */
export function huberLoss(
  prediction: Tensor,
  target: Tensor,
  options: LossOptions & { readonly delta?: number } = {},
): Tensor {
  const { delta = 1 } = options;
  checkAlike('huberLoss', prediction, target);
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: delta must be positive, not ${delta}`);
  return reduce(huber(prediction.sub(target), delta), options);
}

/**
 * Huber's loss divided by β: d²/(2β) for differences d up to β, |d| − β/2 beyond.
 *
 * @param options.beta β; 1 by default, 0 for absolute differences
 * @throws ShapeError where the shapes differ
 * @throws ArgumentError where β is negative
 */
export function smoothL1Loss(
  prediction: Tensor,
  target: Tensor,
  options: LossOptions & { readonly beta?: number } = {},
): Tensor {
  const { beta = 1 } = options;
  checkAlike('smoothL1Loss', prediction, target);
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1Loss: beta must be 0 or more, not ${beta}`);
  const difference = prediction.sub(target);
  return reduce(beta === 0 ? difference.abs() : huber(difference, beta).div(beta), options);
}
