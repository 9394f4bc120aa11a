import type { TypedArray } from '@pnn/nn';

/** Floats without their sign are in the order of their bits, NaN last: they are counted by the upper 16 of those. */
const COUNTED = 2 ** 16;

/** Floats, and the words of them that the upper bits are in, `step` apart from the first one on. */
interface Words {
  readonly floats: Float32Array | Float64Array;
  readonly words: Uint32Array;
  readonly first: number;
  readonly step: number;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function wordsOf(values: TypedArray): Words {
  if (values instanceof Float32Array) {
    return {
      floats: values,
      words: new Uint32Array(values.buffer, values.byteOffset, values.length),
      first: 0,
      step: 1,
    };
  }
  const floats = values instanceof Float64Array ? values : Float64Array.from(values);
  const words = new Uint32Array(floats.buffer, floats.byteOffset, 2 * floats.length);
  return { floats, words, first: isLittleEndian ? 1 : 0, step: 2 };
}

const keyOf = (word: number): number => (word & 0x7fffffff) >>> 15;

/** The sizes of all elements whose key is this one, in their order. */
function sorted(batches: readonly Words[], key: number, count: number): Float64Array {
  const sizes = new Float64Array(count);
  let position = 0;
  for (const { floats, words, first, step } of batches) {
    for (let i = 0; i < floats.length; i++) {
      if (keyOf(words[first + i * step]!) === key) sizes[position++] = Math.abs(floats[i]!);
    }
  }
  return sizes.sort();
}

/**
 * The smallest |x| that at least this share of all elements does not exceed, and the largest; NaN counts as larger than
 * everything. Takes a pass that counts and a pass that collects the few that are near, instead of sorting all.
 *
 * @returns undefined where there are no elements
 */
export function quantileOfSizes(
  batches: readonly TypedArray[],
  share: number,
): { readonly quantile: number; readonly largest: number } | undefined {
  const all = batches.map(wordsOf);
  const counts = new Uint32Array(COUNTED);
  let total = 0;
  for (const { floats, words, first, step } of all) {
    total += floats.length;
    for (let i = 0; i < floats.length; i++) counts[keyOf(words[first + i * step]!)]!++;
  }
  if (total === 0) return undefined;
  const rank = Math.ceil(share * total) - 1;
  let key = 0;
  let below = 0;
  while (below + counts[key]! <= rank) below += counts[key++]!;
  const near = sorted(all, key, counts[key]!);
  const last = counts.findLastIndex((count) => count > 0);
  const largest = (last === key ? near : sorted(all, last, counts[last]!)).at(-1)!;
  return { quantile: near[rank - below]!, largest };
}
