/** What is left of an output when it is compared: some of its elements, and how large they all are. */
export interface Check {
  readonly size: number;
  /** At positions ⌊i·size/n⌋ for n of at most 64. */
  readonly samples: readonly number[];
  /** The root of the mean square. */
  readonly magnitude: number;
}

const SAMPLES = 64;

/**
 * Sums of 2^20 numbers one after the other in float32, as some participants take them, lose up to 2^20·2^-24 in theory and
 * about a thousandth in practice; everything else agrees far better.
 */
const TOLERANCE = 2e-3;

/** What remains of an output for comparison. */
export function checkOf(output: ArrayLike<number>): Check {
  const size = output.length;
  let squares = 0;
  for (let i = 0; i < size; i++) squares += output[i]! ** 2;
  const count = Math.min(SAMPLES, size);
  return {
    size,
    samples: Array.from({ length: count }, (_, i) => output[Math.floor((i * size) / count)]!),
    magnitude: Math.sqrt(squares / size),
  };
}

/** Where the outputs of two participants differ by more than float32 explains, in words; undefined where they do not. */
export function difference(ours: readonly Check[], theirs: readonly Check[]): string | undefined {
  if (ours.length !== theirs.length) return `${theirs.length} outputs instead of ${ours.length}`;
  for (const [i, own] of ours.entries()) {
    const their = theirs[i]!;
    if (own.size !== their.size) return `output ${i} has ${their.size} elements instead of ${own.size}`;
    const limit = TOLERANCE * own.magnitude;
    // Written so that a NaN differs.
    if (!(Math.abs(own.magnitude - their.magnitude) <= limit)) {
      return `output ${i} has magnitude ${their.magnitude} instead of ${own.magnitude}`;
    }
    const at = own.samples.findIndex((sample, k) => !(Math.abs(sample - their.samples[k]!) <= limit));
    if (at >= 0) return `output ${i} has an element ${their.samples[at]} instead of ${own.samples[at]}`;
  }
  return undefined;
}
