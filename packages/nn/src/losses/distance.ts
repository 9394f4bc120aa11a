import { ArgumentError, ShapeError, type Tensor } from '@pnn/tensor';
import { checkAllAlike } from './reduction.js';

/** Options of the distance of vectors. */
export interface PairwiseDistanceOptions {
  /**
   * The power of the norm.
   *
   * @default 2
   */
  readonly p?: number;
  /**
   * Added to every difference, so that the norm has a derivative.
   *
   * @default 1e-6
   */
  readonly epsilon?: number;
}

/**
 * (Σ|a − b + ε|^p)^(1/p) over the last axis: [..., D] and [..., D] → [...].
 *
 * @throws ShapeError where the shapes differ, or are scalars
 * @throws ArgumentError where the power is not positive
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  { p = 2, epsilon = 1e-6 }: PairwiseDistanceOptions = {},
): Tensor {
  checkVectors('pairwiseDistance', a, b);
  if (!(p > 0)) throw new ArgumentError(`pairwiseDistance: p must be positive, not ${p}`);
  const difference = a.sub(b).add(epsilon);
  if (p === Number.POSITIVE_INFINITY) return difference.abs().max(-1);
  if (p === 1) return difference.abs().sum(-1);
  if (p === 2) return difference.square().sum(-1).sqrt();
  return difference
    .abs()
    .pow(p)
    .sum(-1)
    .pow(1 / p);
}

/** Added to squared lengths, so that a vector of zeros has a cosine with a derivative; PyTorch's constant. */
const SMALLEST_SQUARE = 1e-12;

/** a·b/√((a·a + ε)(b·b + ε)) over the last axis. */
export function cosineOf(name: string, a: Tensor, b: Tensor): Tensor {
  checkVectors(name, a, b);
  const square = (x: Tensor) => x.square().sum(-1).add(SMALLEST_SQUARE);
  return a
    .mul(b)
    .sum(-1)
    .div(square(a).mul(square(b)).sqrt());
}

function checkVectors(name: string, a: Tensor, b: Tensor): void {
  checkAllAlike(name, a, b);
  if (a.rank === 0) throw new ShapeError(`${name}: scalars are no vectors: the last axis must hold their entries`);
}
