import type { Tensor } from '@pnn/tensor';

/** Options of `normalize`. */
export interface NormalizeOptions {
  /**
   * The power of the norm.
   *
   * @default 2
   */
  readonly p?: number;
  /** @default 1 */
  readonly axis?: number;
  /**
   * The smallest number to divide by.
   *
   * @default 1e-12
   */
  readonly epsilon?: number;
}

/** x/max(‖x‖ₚ, ε) along an axis. */
export function normalize(x: Tensor, { p = 2, axis = 1, epsilon = 1e-12 }: NormalizeOptions = {}): Tensor {
  return x.div(x.norm(p, axis, { keepDims: true }).clamp(epsilon));
}

/** Options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** @default 1 */
  readonly axis?: number;
  /**
   * The smallest norm to divide by.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

/** a·b/(max(‖a‖, ε)·max(‖b‖, ε)) along an axis, the cosine of the angle between vectors; shapes broadcast. */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  { axis = 1, epsilon = 1e-8 }: CosineSimilarityOptions = {},
): Tensor {
  return normalize(a, { axis, epsilon }).mul(normalize(b, { axis, epsilon })).sum(axis);
}
