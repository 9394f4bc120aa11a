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
  /**
   * Whose each sample is, such as the number of a speaker. All samples of a group are then on the same side, whatever their
   * classes: as many groups are set aside as come closest to the share.
   */
  readonly groups?: Int32Array | undefined;
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

/** How often each value occurs. */
function sizesOf(values: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return sizes;
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

/** Which samples are set aside: the same share of every class. */
function byClass(dataset: Dataset, order: Int32Array, share: number): Uint8Array {
  const strata = strataOf(dataset);
  const left = quotas(sizesOf(strata), share, Math.ceil(share * dataset.length));
  const isHeldOut = new Uint8Array(dataset.length);
  for (const i of order) {
    const count = left.get(strata[i]!)!;
    if (count === 0) continue;
    isHeldOut[i] = 1;
    left.set(strata[i]!, count - 1);
  }
  return isHeldOut;
}

/** Which samples are set aside: all of some groups, in the order in which they come up, as long as that gets closer to the share. */
function byGroup(groups: Int32Array, order: Int32Array, share: number): Uint8Array {
  const sizes = sizesOf(groups);
  const drawn = [...new Set(Array.from(order, (i) => groups[i]!))];
  const chosen = new Set<number>();
  let missing = share * order.length;
  for (const group of drawn.slice(1)) {
    const size = sizes.get(group)!;
    if (chosen.size > 0 && Math.abs(missing - size) >= Math.abs(missing)) continue;
    chosen.add(group);
    missing -= size;
  }
  return Uint8Array.from(groups, (group) => Number(chosen.has(group)));
}

/**
 * Sets samples aside at random, the same share of every class, or whole groups: what a training is to be steered by (the best
 * epoch, early stopping), so that the test data are looked at once, in the end. Where labels are no classes, all samples
 * are alike.
 *
 * @throws ArgumentError if the share is not between 0 and 1, leaves nothing on one side, or there are not as many groups as
 *   samples
 */
export function holdOut(dataset: Dataset, { share = 0.1, seed = 0, groups }: HoldOutOptions = {}): HeldOut {
  if (!(share > 0 && share < 1))
    throw new ArgumentError(`holdOut: the share must be above 0 and below 1, not ${share}`);
  if (groups && groups.length !== dataset.length) {
    throw new ArgumentError(`holdOut: ${groups.length} groups are given for ${dataset.length} samples: each needs one`);
  }
  const order = new Generator(seed, 'held out').permutation(dataset.length);
  const isHeldOut = groups ? byGroup(groups, order, share) : byClass(dataset, order, share);
  const heldOut = order.filter((i) => isHeldOut[i] === 1);
  if (heldOut.length === 0 || heldOut.length === dataset.length) {
    throw new ArgumentError(
      groups
        ? 'holdOut: all samples are of one group: whole groups are set aside, so two are needed'
        : `holdOut: a share of ${share} of ${dataset.length} samples leaves nothing on one side: more samples are needed`,
    );
  }
  const train = order.filter((i) => isHeldOut[i] === 0);
  return { train: new Subset(dataset, train), heldOut: new Subset(dataset, heldOut) };
}
