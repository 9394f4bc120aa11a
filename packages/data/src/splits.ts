import type { Dataset, Transform } from '@pnn/nn';

/** Samples to learn from, and samples to judge by that were never learned from. */
export interface DatasetSplits<Split extends Dataset = Dataset> {
  /** What reports call the data, such as `mnist`. */
  readonly name: string;
  readonly train: Split;
  readonly test: Split;
  /** Samples that whoever published the data set apart to choose by; if there are none, some of `train` are held out. */
  readonly validation?: Split;
  /**
   * Whose each training sample is, such as the number of a speaker: what is held out to choose by is then all of some of them, so
   * that nobody is on both sides.
   */
  readonly groups?: Int32Array;
  /** What suits to change training samples by at random, before they are normalized; nothing if left out. */
  readonly augmentation?: readonly Transform[];
  /** What reports call the augmentation, such as `flip 0.5`. */
  readonly augmentationName?: string;
}
