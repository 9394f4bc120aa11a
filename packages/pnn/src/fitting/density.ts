import { ArgumentError } from '@pnn/tensor';

/** How often inputs fell between neighboring edges, counts[k] of them in [edges[k], edges[k + 1]). */
export interface Histogram {
  /** Rising, finite, in the units of x; one more than counts. */
  readonly edges: ArrayLike<number>;
  /** Finite and not negative. */
  readonly counts: ArrayLike<number>;
}

/** How the inputs of an activation are distributed: a density up to a factor, or counts. */
export type Density = ((x: number) => number) | Histogram;

/**
 * The counts below x, linear within a bin.
 *
 * @throws ArgumentError where edges or counts break the rules of `Histogram`
 */
function cumulativeCounts({ edges, counts }: Histogram): (x: number) => number {
  const bins = counts.length;
  if (bins < 1 || edges.length !== bins + 1) {
    throw new ArgumentError(
      `fitPolynomial: a density of ${bins} counts needs ${bins + 1} edges and at least one count, not ${edges.length} edges`,
    );
  }
  const below = new Float64Array(bins + 1);
  for (let k = 0; k < bins; k++) {
    const width = edges[k + 1]! - edges[k]!;
    if (!(width > 0 && width < Infinity)) {
      throw new ArgumentError(
        `fitPolynomial: the edges of the density must be finite and rise, not go from ${edges[k]} to ${edges[k + 1]}`,
      );
    }
    const count = counts[k]!;
    if (!(count >= 0 && count < Infinity)) {
      throw new ArgumentError(`fitPolynomial: the counts of the density must be finite and not negative, not ${count}`);
    }
    below[k + 1] = below[k]! + count;
  }
  return (x) => {
    if (x <= edges[0]!) return 0;
    if (x >= edges[bins]!) return below[bins]!;
    let first = 0;
    let last = bins - 1;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (x < edges[middle + 1]!) last = middle;
      else first = middle + 1;
    }
    return below[first]! + (counts[first]! * (x - edges[first]!)) / (edges[first + 1]! - edges[first]!);
  };
}

/** The density's mass around each of the equally spaced points, up to a common factor. */
function masses(density: Density, points: Float64Array): Float64Array {
  if (typeof density === 'function') {
    return points.map((x) => {
      const value = density(x);
      if (value >= 0 && value < Infinity) return value;
      throw new ArgumentError(`fitPolynomial: the density must be finite and not negative, not ${value} at x = ${x}`);
    });
  }
  const cumulative = cumulativeCounts(density);
  const end = points.length - 1;
  return points.map((x, i) => {
    const from = i > 0 ? (points[i - 1]! + x) / 2 : x;
    const to = i < end ? (x + points[i + 1]!) / 2 : x;
    return cumulative(to) - cumulative(from);
  });
}

/**
 * Weights of mean 1 for equally spaced points: the fraction `floor` is spread evenly over all of them, the rest
 * follows the density. What the density has outside the points is ignored.
 *
 * @param floor the even fraction, 0 to 1
 * @throws ArgumentError where the density is negative, not finite, malformed or zero at all points
 */
export function densityWeights(density: Density, points: Float64Array, floor: number): Float64Array {
  const mass = masses(density, points);
  const total = mass.reduce((sum, m) => sum + m, 0);
  if (!(total > 0 && total < Infinity)) {
    throw new ArgumentError(
      `fitPolynomial: the density sums to ${total} over [${points[0]}, ${points.at(-1)}]; it must have weight inside the bound`,
    );
  }
  return mass.map((m) => floor + ((1 - floor) * points.length * m) / total);
}
