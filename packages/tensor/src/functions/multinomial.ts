import { full, type RandomOptions, uniform } from '../creation.js';
import { ArgumentError } from '../errors.js';
import { where } from '../methods/elementwise.js';
import { checkFloat, checkInteger } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Above 0, for a logarithm, and so close that no draw is less probable. */
const SMALLEST_DRAW = 2 ** -33;

/**
 * Random numbers with Gumbel's distribution, −ln(−ln(1 − u)) for uniform u: added to logits, the largest sum is at each
 * class with its probability (Gumbel, 1954).
 *
 * @throws DTypeError for integers and truth values
 */
export function gumbel(shape: Shape, options?: RandomOptions): Tensor {
  const draw = uniform(shape, SMALLEST_DRAW, 1, options);
  return draw.neg().log1p().neg().log().neg();
}

/** How positions are drawn. */
export interface MultinomialOptions extends Pick<RandomOptions, 'generator'> {
  /**
   * Whether a position may be drawn again.
   *
   * @default false
   */
  readonly replacement?: boolean;
}

/**
 * Positions (int32) along the last axis, drawn with probabilities proportional to weights: […, C] → […, count]. It is −1
 * where there is nothing to draw: weights are 0, negative or not finite. Gradients do not flow through it.
 *
 * Source: the largest of ln w + Gumbel noise; without replacement the `count` largest (Kool et al., arXiv 1903.06059).
 *
 * @throws ArgumentError where more positions are asked for than there are, without replacement
 */
export function multinomial(weights: Tensor, count: number, options: MultinomialOptions = {}): Tensor {
  const { replacement = false, generator } = options;
  checkFloat('multinomial', weights);
  checkInteger('multinomial', 'count', count, 1);
  const { shape, dtype, device } = weights;
  const classes = shape.at(-1);
  if (!classes || (!replacement && count > classes)) {
    throw new ArgumentError(
      `multinomial: ${count} positions of weights ${formatShape(shape)}: there are too few: pass { replacement: true }`,
    );
  }
  const noise = (of: Shape) => gumbel(of, { dtype, device, ...(generator && { generator }) });
  const logits = where(weights.detach().greater(0), weights.detach(), full([], 0, weights)).log();
  if (!replacement) return drawn(logits.add(noise(shape)).topk(count));
  const scores = logits.unsqueeze(-2).add(noise([...shape.slice(0, -1), count, classes]));
  return drawn({ values: scores.max(-1), indices: scores.argmax(-1) });
}

function drawn({ values, indices }: { readonly values: Tensor; readonly indices: Tensor }): Tensor {
  return where(values.isFinite(), indices, full([], -1, indices));
}
