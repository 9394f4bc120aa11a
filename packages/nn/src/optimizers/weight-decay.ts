import type { Tensor } from '@pnn/tensor';

/** The gradient of the loss with the penalty weightDecay/2·Σθ² added. */
export function decayed(gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
}
