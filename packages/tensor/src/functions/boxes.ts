import { tensor } from '../creation.js';
import type { TypedArray } from '../dtype.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkFloat, checkInteger } from '../operator.js';
import { formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Which boxes stay. */
export interface SuppressionOptions {
  /** A box goes where its intersection over union with a better one is above this number from 0 to 1. */
  readonly iouThreshold: number;
  /**
   * Boxes that have no higher score go from the start.
   *
   * @default none do
   */
  readonly scoreThreshold?: number;
  /**
   * How many stay at most.
   *
   * @default all
   */
  readonly limit?: number;
}

function checkBoxes(operation: string, boxes: Tensor): void {
  checkFloat(operation, boxes);
  if (boxes.rank === 2 && boxes.shape[1] === 4) return;
  throw new ShapeError(
    `${operation}: ${formatShape(boxes.shape)}: boxes must be [count,4]: left, top, right and bottom of each`,
  );
}

/** Columns [N,1] of lefts, tops, rights and bottoms. */
function edgesOf(boxes: Tensor): readonly [Tensor, Tensor, Tensor, Tensor] {
  return boxes.split(1, 1) as [Tensor, Tensor, Tensor, Tensor];
}

/** The area of each box: [N,4] (left, top, right, bottom) → [N,1]. */
function areasOf(boxes: Tensor): Tensor {
  const [left, top, right, bottom] = edgesOf(boxes);
  return right.sub(left).mul(bottom.sub(top));
}

/**
 * Intersection over union of each pair of boxes (left, top, right, bottom): [N,4] and [M,4] → [N,M]. It is NaN for two boxes
 * without an area.
 *
 * @throws ShapeError where the boxes have not 4 edges each
 * @throws DTypeError for integers
 */
export function boxIou(a: Tensor, b: Tensor): Tensor {
  checkBoxes('boxIou', a);
  checkBoxes('boxIou', b);
  const [left, top, right, bottom] = edgesOf(a);
  const [otherLeft, otherTop, otherRight, otherBottom] = edgesOf(b).map((edge) => edge.transpose());
  const width = right.minimum(otherRight!).sub(left.maximum(otherLeft!)).relu();
  const height = bottom.minimum(otherBottom!).sub(top.maximum(otherTop!)).relu();
  const intersection = width.mul(height);
  return intersection.div(areasOf(a).add(areasOf(b).transpose()).sub(intersection));
}

/** Intersection over union of two boxes of a list. */
function iouOf(boxes: TypedArray, a: number, b: number): number {
  const edge = (box: number, at: number): number => boxes[4 * box + at]!;
  const area = (box: number): number => (edge(box, 2) - edge(box, 0)) * (edge(box, 3) - edge(box, 1));
  const width = Math.min(edge(a, 2), edge(b, 2)) - Math.max(edge(a, 0), edge(b, 0));
  const height = Math.min(edge(a, 3), edge(b, 3)) - Math.max(edge(a, 1), edge(b, 1));
  const intersection = Math.max(0, width) * Math.max(0, height);
  return intersection / (area(a) + area(b) - intersection);
}

/** @throws ShapeError | DTypeError | ArgumentError where something cannot be worked with */
function checkSuppression(boxes: Tensor, scores: Tensor, { iouThreshold, limit = 0 }: SuppressionOptions): void {
  checkBoxes('nonMaximumSuppression', boxes);
  checkFloat('nonMaximumSuppression', scores);
  if (scores.rank !== 1 || scores.size !== boxes.shape[0]) {
    throw new ShapeError(
      `nonMaximumSuppression: scores ${formatShape(scores.shape)} for boxes ${formatShape(boxes.shape)}: every box needs one`,
    );
  }
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
    throw new ArgumentError(`nonMaximumSuppression: iouThreshold must be a number from 0 to 1, not ${iouThreshold}`);
  }
  if (limit !== Number.POSITIVE_INFINITY) checkInteger('nonMaximumSuppression', 'limit', limit, 0);
}

/**
 * Boxes [N,4] (left, top, right, bottom) without those that overlap a box of a higher score [N] too much: the positions
 * (int32) of those that stay, by descending score; equal scores go by position. A promise on every device, since the count is
 * known only when the elements are: await it outside of `scope()`, and free the result.
 *
 * @throws ShapeError where the boxes have not 4 edges each, or the scores are not as many
 * @throws ArgumentError where a threshold or the limit has no meaning
 * @throws DTypeError for integers
 */
export async function nonMaximumSuppression(
  boxes: Tensor,
  scores: Tensor,
  options: SuppressionOptions,
): Promise<Tensor> {
  checkSuppression(boxes, scores, options);
  const { iouThreshold, scoreThreshold, limit = Number.POSITIVE_INFINITY } = options;
  const { device } = boxes;
  const [edges, rated] = await Promise.all([boxes.data(), scores.data()]);
  const unrated = rated.findIndex(Number.isNaN);
  if (unrated >= 0) throw new ArgumentError(`nonMaximumSuppression: the score of box ${unrated} is NaN`);
  const candidates = Array.from(rated.keys())
    .filter((box) => scoreThreshold === undefined || rated[box]! > scoreThreshold)
    .sort((a, b) => (rated[a] === rated[b] ? a - b : rated[b]! - rated[a]!));
  const kept: number[] = [];
  for (const box of candidates) {
    if (kept.length >= limit) break;
    if (!kept.some((better) => iouOf(edges, better, box) > iouThreshold)) kept.push(box);
  }
  return tensor(Int32Array.from(kept), { device });
}
