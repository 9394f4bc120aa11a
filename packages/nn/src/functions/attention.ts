import {
  ArgumentError,
  arange,
  DTypeError,
  dropoutMask,
  formatShape,
  type Generator,
  ShapeError,
  type Tensor,
  type TensorOptions,
} from '@pnn/tensor';

/**
 * Stands for −∞ in front of softmax: so far below every other number that its share is 0, but a row of nothing else has
 * no NaN in it.
 */
const FORBIDDEN = -1e30;

/** [L,S], true where query i may not look at key j, which comes later. */
export function causalMask(queries: number, keys: number, options: TensorOptions = {}): Tensor {
  const positions = (count: number) => arange(0, count, 1, { ...options, dtype: 'int32' });
  return positions(keys).greater(positions(queries).unsqueeze(1));
}

/** What changes scores before softmax: numbers that are added, and places that are forbidden. */
export interface ScoreChanges {
  readonly added: readonly Tensor[];
  /** True where a key is forbidden. */
  readonly forbidden: readonly Tensor[];
  readonly causal: boolean;
}

/** softmax(scale·q·kᵀ) with the changes of the scores; a query that may look at nothing has weights of 0. */
export function attentionWeights(query: Tensor, key: Tensor, scale: number, changes: ScoreChanges): Tensor {
  let scores = query.mul(scale).matmul(key, { transposeB: true });
  for (const numbers of changes.added) scores = scores.add(numbers);
  const future = changes.causal ? [causalMask(query.shape.at(-2)!, key.shape.at(-2)!, { device: query.device })] : [];
  const [first, ...others] = [...changes.forbidden, ...future];
  if (!first) return scores.softmax();
  const forbidden = others.reduce((a, b) => a.logicalOr(b), first);
  const weights = scores.maskedFill(forbidden, FORBIDDEN).softmax();
  // Where nothing was allowed, softmax has shared among the forbidden keys. By the order of time alone that never happens:
  // the first key is never in the future.
  const isByTimeAlone = changes.forbidden.length === 0 && changes.added.length === 0;
  return isByTimeAlone ? weights : weights.maskedFill(forbidden, 0);
}

/** Options of attention. */
export interface AttentionOptions {
  /**
   * Truth values, true where a query may look at a key, or numbers that are added to the scores: [..., L, S]. (The masks
   * of `MultiheadAttention` are the other way round, both as in PyTorch.)
   */
  readonly attentionMask?: Tensor;
  /**
   * Whether query i may look at the keys up to i only.
   *
   * @default false
   */
  readonly causal?: boolean;
  /**
   * The probability with which a weight is dropped.
   *
   * @default 0
   */
  readonly dropout?: number;
  /** What masks of dropout are drawn from; the program's stream `dropout`, if not given. */
  readonly generator?: Generator;
  /** The factor of the scores; 1/√E, if not given. */
  readonly scale?: number;
}

/**
 * softmax(q·kᵀ/√E)·v: query [..., L, E], key [..., S, E], value [..., S, V] → [..., L, V] (Vaswani et al., arXiv
 * 1706.03762, section 3.2.1). A query that may look at nothing gets 0.
 *
 * @throws ShapeError where the shapes do not fit
 * @throws DTypeError where the mask is neither bool nor of the type of the query
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const width = query.shape.at(-1);
  if (
    query.rank < 2 ||
    key.rank < 2 ||
    value.rank < 2 ||
    key.shape.at(-1) !== width ||
    key.shape.at(-2) !== value.shape.at(-2)
  ) {
    throw new ShapeError(
      `scaledDotProductAttention: query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ` +
        `${formatShape(value.shape)}: they must be [..., L, E], [..., S, E] and [..., S, V]`,
    );
  }
  const { attentionMask, causal = false, dropout = 0, generator, scale = 1 / Math.sqrt(width!) } = options;
  if (attentionMask) checkMaskType('scaledDotProductAttention', attentionMask, query);
  const isAllowed = attentionMask?.dtype === 'bool';
  const weights = attentionWeights(query, key, scale, {
    added: attentionMask && !isAllowed ? [attentionMask] : [],
    forbidden: attentionMask && isAllowed ? [attentionMask.logicalNot()] : [],
    causal,
  });
  return dropWeights('scaledDotProductAttention', weights, dropout, generator).matmul(value);
}

/** Weights of which some are 0 by chance and the others larger. */
export function dropWeights(name: string, weights: Tensor, probability: number, generator?: Generator): Tensor {
  if (!(probability >= 0 && probability < 1)) {
    throw new ArgumentError(`${name}: dropout must be at least 0 and below 1, not ${probability}`);
  }
  return probability === 0 ? weights : weights.mul(dropoutMask(weights, probability, generator));
}

/** @throws DTypeError where a mask is neither bool nor of this type */
export function checkMaskType(name: string, mask: Tensor, like: Tensor): void {
  if (mask.dtype === 'bool' || mask.dtype === like.dtype) return;
  throw new DTypeError(`${name}: the mask is ${mask.dtype}: it must be bool or ${like.dtype}`);
}
