import { ArgumentError, gumbel, oneHot, type RandomOptions, type Tensor } from '@pnn/tensor';

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions extends Pick<RandomOptions, 'generator'> {
  /**
   * The temperature: the lower, the closer to a choice of one class.
   *
   * @default 1
   */
  readonly tau?: number;
  /**
   * Whether the result is 1 at one class and 0 elsewhere; its gradient stays that of the probabilities.
   *
   * @default false
   */
  readonly hard?: boolean;
  /** @default -1 */
  readonly axis?: number;
}

/**
 * A random choice of a class with a gradient: softmax((logits + g)/τ) with Gumbel noise g.
 *
 * Source: Jang, Gu & Poole, "Categorical Reparameterization with Gumbel-Softmax" (arXiv 1611.01144).
 *
 * @throws ArgumentError where the temperature is not positive
 */
export function gumbelSoftmax(
  logits: Tensor,
  { tau = 1, hard = false, axis = -1, generator }: GumbelSoftmaxOptions = {},
): Tensor {
  if (!(tau > 0)) throw new ArgumentError(`gumbelSoftmax: tau must be positive, not ${tau}`);
  const { shape, dtype, device } = logits;
  const noise = gumbel(shape, { dtype, device, ...(generator && { generator }) });
  const soft = logits.add(noise).div(tau).softmax(axis);
  if (!hard) return soft;
  const last = soft.detach().transpose(axis, -1);
  const choice = oneHot(last.argmax(-1), last.shape.at(-1)!).cast(soft.dtype).transpose(axis, -1);
  // The rest is 0, but carries the gradient.
  return choice.add(soft.sub(soft.detach()));
}
