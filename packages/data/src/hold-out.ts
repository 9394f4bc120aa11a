import { ArgumentError, type Dataset, Generator } from '@pnn/nn';
import { chunksOf } from './chunks.js';
import { Subset } from './subset.js';

/** How samples are set aside. */
export interface HoldOutOptions {
  /**
   * The share of the samples that is set aside, above 0 and below 1.
   *
   * @default 0.1
   */
  readonly share?: number;
  /**
   * The same seed sets the same samples aside, whatever else is drawn.
   *
   * @default 0
   */
  readonly seed?: number;
}

/** The samples of a data set in two parts, each in a random order. */
export interface HeldOut {
  /** What is left to learn from. */
  readonly train: Subset;
  /** What was set aside: to choose by, or to test with. */
  readonly heldOut: Subset;
}

/** The class of each sample, or 0 for all where labels are no classes. */
function strataOf(dataset: Dataset): Int32Array {
  const strata = new Int32Array(dataset.length);
  if (!dataset.classes || dataset.labelType !== 'int32' || dataset.labelShape.length > 0) return strata;
  let start = 0;
  for (const { labels, count } of chunksOf(dataset)) {
    strata.set(labels, start);
    start += count;
  }
  return strata;
}

/**
 * How many samples of each class are set aside: their share, rounded down, and one more for those with the largest remainders
 * until there are `total` of them. The last sample of a class stays.
 */
function quotas(sizes: ReadonlyMap<number, number>, share: number, total: number): Map<number, number> {
  const chosen = new Map(Array.from(sizes, ([stratum, size]) => [stratum, Math.floor(share * size)]));
  let missing = total - Array.from(chosen.values()).reduce((sum, count) => sum + count, 0);
  const byRemainder = Array.from(sizes).sort(([, a], [, b]) => ((share * b) % 1) - ((share * a) % 1));
  for (const [stratum, size] of byRemainder) {
    const count = chosen.get(stratum)!;
    if (missing <= 0) break;
    if (count + 1 >= size) continue;
    chosen.set(stratum, count + 1);
    missing--;
  }
  return chosen;
}

/**
 * Sets samples aside at random, the same share of every class: what a training is to be steered by (the best epoch, early
 * stopping), so that the test data are looked at once, in the end. Where labels are no classes, all samples are alike.
 *
 * @throws ArgumentError if the share is not between 0 and 1, or leaves nothing on one side
 */
export function holdOut(dataset: Dataset, { share = 0.1, seed = 0 }: HoldOutOptions = {}): HeldOut {
  if (!(share > 0 && share < 1))
    throw new ArgumentError(`holdOut: the share must be above 0 and below 1, not ${share}`);
  const strata = strataOf(dataset);
  const sizes = new Map<number, number>();
  for (const stratum of strata) sizes.set(stratum, (sizes.get(stratum) ?? 0) + 1);
  const left = quotas(sizes, share, Math.ceil(share * dataset.length));
  const train: number[] = [];
  const heldOut: number[] = [];
  for (const i of new Generator(seed, 'held out').permutation(dataset.length)) {
    const count = left.get(strata[i]!)!;
    (count > 0 ? heldOut : train).push(i);
    if (count > 0) left.set(strata[i]!, count - 1);
  }
  if (train.length === 0 || heldOut.length === 0) {
    throw new ArgumentError(
      `holdOut: a share of ${share} of ${dataset.length} samples leaves nothing on one side: more samples are needed`,
    );
  }
  return { train: new Subset(dataset, train), heldOut: new Subset(dataset, heldOut) };
}
