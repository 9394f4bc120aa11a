import type { TypedArray } from '@pnn/nn';

/**
 * Floats without their sign are in the order of their bits, NaN last: they are counted by digits of 15 or 16 of these bits,
 * the upper ones first. The last digit that is counted makes the number.
 */
const VALUES_OF_DIGIT = 2 ** 16;

/** Floats as words of 32 bits. */
interface Words {
  readonly words: Uint32Array;
  /** The number of floats. */
  readonly count: number;
}

/** A digit of a float: `(word >>> shift) & mask` of one of its words. */
interface Digit {
  /** Of the words of a float, which one: 0 is the upper one. */
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
}

const digits32: readonly Digit[] = [
  { word: 0, shift: 15, mask: 0xffff },
  { word: 0, shift: 0, mask: 0x7fff },
];
const digits64: readonly Digit[] = [
  ...digits32,
  { word: 1, shift: 16, mask: 0xffff },
  { word: 1, shift: 0, mask: 0xffff },
];

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Where the upper word (0) or the lower one (1) of a float64 lies. */
const placeOf = (word: number): number => (isLittleEndian ? 1 - word : word);

/** The sizes of the inputs of one activation, of which one quantile is found digit by digit. */
class Sizes {
  readonly digits: readonly Digit[];
  readonly #batches: readonly Words[];

  constructor(batches: readonly TypedArray[]) {
    const isSingle = batches.every((batch) => batch instanceof Float32Array);
    this.digits = isSingle ? digits32 : digits64;
    this.#batches = batches.map((batch) => {
      const floats = isSingle || batch instanceof Float64Array ? batch : Float64Array.from(batch);
      const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.byteLength / 4);
      return { words, count: floats.length };
    });
  }

  /** Counts by their next digit the numbers that begin with these digits. */
  count(prefix: readonly number[], counts: Float64Array): void {
    const { word, shift, mask } = this.digits[prefix.length]!;
    const width = this.digits.length / 2;
    const at = width === 1 ? 0 : placeOf(word);
    for (const { words, count } of this.#batches) {
      for (let i = 0; i < count; i++) {
        if (!this.#begins(words, i * width, prefix)) continue;
        // The sign is above the digits of the upper word, and no mask has room for it.
        const bits = word === 0 ? words[i * width + at]! & 0x7fffffff : words[i * width + at]!;
        counts[(bits >>> shift) & mask]!++;
      }
    }
  }

  #begins(words: Uint32Array, start: number, prefix: readonly number[]): boolean {
    for (let k = 0; k < prefix.length; k++) {
      const { word, shift, mask } = this.digits[k]!;
      const bits = words[start + (this.digits.length === 2 ? 0 : placeOf(word))]!;
      if ((((word === 0 ? bits & 0x7fffffff : bits) >>> shift) & mask) !== prefix[k]) return false;
    }
    return true;
  }

  /** The number with these digits. */
  number([first, second, third, fourth]: readonly number[]): number {
    const upper = (first! << 15) | second!;
    if (third === undefined) return new Float32Array(Uint32Array.of(upper).buffer)[0]!;
    const words = new Uint32Array(2);
    words[placeOf(0)] = upper;
    words[placeOf(1)] = (third << 16) | fourth!;
    return new Float64Array(words.buffer)[0]!;
  }
}

/** A number that is being found, digit by digit. */
interface Search {
  /** Of the numbers that begin with the digits found so far, how many are smaller. */
  rank: number;
  readonly prefix: number[];
}

/** Goes on to the digit that the number of this rank has. */
function advance(search: Search, counts: Float64Array): void {
  let digit = 0;
  for (; search.rank >= counts[digit]!; digit++) search.rank -= counts[digit]!;
  search.prefix.push(digit);
}

/** Adds up counts over all processes, in place. */
export type SumOfCounts = (counts: readonly Float64Array[]) => Promise<void>;

/**
 * For each list of arrays the smallest |x| that at least this share of all elements does not exceed, and the largest; NaN
 * counts as larger than everything. Only counts are needed of the elements of other processes, so the quantiles are exact.
 *
 * @param layers one list for each activation, of arrays of one type; the types are the same in all processes
 * @returns undefined where there are no elements
 */
export async function quantilesOfSizes(
  layers: readonly (readonly TypedArray[])[],
  share: number,
  sumOfCounts: SumOfCounts,
): Promise<({ readonly quantile: number; readonly largest: number } | undefined)[]> {
  const all = layers.map((batches) => new Sizes(batches));
  const totals = Float64Array.from(layers, (batches) => batches.reduce((sum, { length }) => sum + length, 0));
  await sumOfCounts([totals]);
  const searches = Array.from(totals, (total): Search[] =>
    total === 0 ? [] : [Math.ceil(share * total) - 1, total - 1].map((rank) => ({ rank, prefix: [] })),
  );
  const rounds = Math.max(0, ...all.map(({ digits }) => digits.length));
  for (let round = 0; round < rounds; round++) {
    const open = searches.map((own, layer) => (round < all[layer]!.digits.length ? own : []));
    const counts = open.map((own, layer) => countsOf(all[layer]!, own));
    await sumOfCounts(counts.flat());
    for (const [layer, own] of open.entries()) {
      for (const [i, search] of own.entries()) advance(search, counts[layer]![i] ?? counts[layer]![0]!);
    }
  }
  return searches.map(([quantile, largest], layer) => {
    const found = ({ prefix }: Search) => all[layer]!.number(prefix);
    return quantile && largest && { quantile: found(quantile), largest: found(largest) };
  });
}

/** The counts of each search; one for both as long as they go the same way. */
function countsOf(sizes: Sizes, searches: readonly Search[]): Float64Array[] {
  const prefixes = searches.map(({ prefix }) => prefix);
  const [first, second] = prefixes;
  const distinct = first && second && first.every((digit, i) => digit === second[i]) ? [first] : prefixes;
  return distinct.map((prefix) => {
    const counts = new Float64Array(VALUES_OF_DIGIT);
    sizes.count(prefix, counts);
    return counts;
  });
}
