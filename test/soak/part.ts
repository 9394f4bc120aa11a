/** What one case of a part starts from: the same numbers give the same case. */
export interface CaseSeed {
  readonly seed: number;
  readonly case: number;
}

/** Something wrong that a case showed. */
export class SoakFailure extends Error {}

/** One kind of load, case by case. */
export interface Part {
  readonly name: string;
  /** What a case is, in the plural, for the summary. */
  readonly unit: string;
  /** The number of units done so far. */
  readonly done: number;
  /** More figures for the summary. */
  readonly figures: Readonly<Record<string, number>>;
  /**
   * Runs one case.
   *
   * @throws SoakFailure where something was lost or wrong; any other error is a failure, too
   */
  run(from: CaseSeed): Promise<void>;
  /** Ends what it has started and removes its files. */
  close(): Promise<void>;
}

/** One seed for a case, from which its random numbers are drawn. */
export function seedOf({ seed, case: index }: CaseSeed): number {
  // Multiplication by an odd number is a permutation of 32 bits: cases of one seed never share theirs.
  return (Math.imul(index, 0x9e3779b1) ^ seed) >>> 0;
}
