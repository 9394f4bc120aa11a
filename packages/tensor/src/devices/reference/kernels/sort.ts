import type { TypedArray } from '../../../dtype.js';

/** Sorts the positions of elements; the room it needs is kept from row to row. */
export class PositionSorter {
  #keys: Float64Array;
  #otherKeys: Float64Array;
  #positions: Int32Array;
  #otherPositions: Int32Array;

  /** @param length the number of elements in a row */
  constructor(readonly length: number) {
    this.#keys = new Float64Array(length);
    this.#otherKeys = new Float64Array(length);
    this.#positions = new Int32Array(length);
    this.#otherPositions = new Int32Array(length);
  }

  /**
   * The positions of the elements of the row that begins at `start`, from the smallest to the largest or (`descending`)
   * back; NaN counts as the largest, equal elements stay in their order. Valid until the next call.
   */
  sort(source: TypedArray, start: number, descending: boolean): Int32Array {
    const { length } = this;
    let numbers = 0;
    for (let i = 0; i < length; i++) if (!Number.isNaN(source[start + i]!)) numbers++;
    const first = descending ? length - numbers : 0;
    let number = first;
    let other = descending ? 0 : numbers;
    for (let i = 0; i < length; i++) {
      const value = source[start + i]!;
      if (Number.isNaN(value)) {
        this.#positions[other] = i;
        this.#otherPositions[other] = i;
        other++;
      } else {
        this.#keys[number] = descending ? -value : value;
        this.#positions[number] = i;
        number++;
      }
    }
    for (let width = 1; width < numbers; width *= 2) this.#mergePairs(first, first + numbers, width);
    return this.#positions;
  }

  /** The first `count` positions of that order, by insertion, which is for few of many. */
  first(source: TypedArray, start: number, count: number, descending: boolean): Int32Array {
    const keys = this.#keys;
    const positions = this.#positions;
    let found = 0;
    for (let i = 0; i < this.length; i++) {
      const value = source[start + i]!;
      if (Number.isNaN(value)) return this.sort(source, start, descending);
      const key = descending ? -value : value;
      if (found === count && !(key < keys[count - 1]!)) continue;
      let place = found < count ? found++ : count - 1;
      for (; place > 0 && keys[place - 1]! > key; place--) {
        keys[place] = keys[place - 1]!;
        positions[place] = positions[place - 1]!;
      }
      keys[place] = key;
      positions[place] = i;
    }
    return positions;
  }

  /** Merges neighboring sorted runs of this width into runs of twice the width. */
  #mergePairs(first: number, end: number, width: number): void {
    const keys = this.#keys;
    const positions = this.#positions;
    const mergedKeys = this.#otherKeys;
    const mergedPositions = this.#otherPositions;
    for (let low = first; low < end; low += 2 * width) {
      const middle = Math.min(low + width, end);
      const high = Math.min(middle + width, end);
      let left = low;
      let right = middle;
      for (let i = low; i < high; i++) {
        const taken = right >= high || (left < middle && keys[left]! <= keys[right]!) ? left++ : right++;
        mergedKeys[i] = keys[taken]!;
        mergedPositions[i] = positions[taken]!;
      }
    }
    [this.#keys, this.#otherKeys] = [mergedKeys, keys];
    [this.#positions, this.#otherPositions] = [mergedPositions, positions];
  }
}
