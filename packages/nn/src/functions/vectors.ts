import type { Tensor } from '@pnn/tensor';

/** Options of normalize. */
export interface NormalizeOptions {
  /**
   * The axis along which the entries of a vector lie.
   *
   * @default 1
   */
  readonly axis?: number;
  /**
   * The power of the norm.
   *
   * @default 2
   */
  readonly p?: number;
  /**
   * The smallest number that a vector is divided by.
   *
   * @default 1e-12
   */
  readonly epsilon?: number;
}

/** Vectors of length 1: x/max(‖x‖, ε) along an axis. */
export function normalize(x: Tensor, { axis = 1, p = 2, epsilon = 1e-12 }: NormalizeOptions = {}): Tensor {
  return x.div(x.norm(p, axis, { keepDims: true }).clamp(epsilon));
}

/** Options of cosineSimilarity. */
export interface CosineSimilarityOptions {
  /**
   * The axis along which the entries of a vector lie.
   *
   * @default 1
   */
  readonly axis?: number;
  /**
   * The smallest number that a vector is divided by.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

/**
 * a·b/(max(‖a‖, ε)·max(‖b‖, ε)), the cosine of the angle between vectors along an axis, which goes away; both broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  { axis = 1, epsilon = 1e-8 }: CosineSimilarityOptions = {},
): Tensor {
  return normalize(a, { axis, epsilon }).mul(normalize(b, { axis, epsilon })).sum(axis);
}
