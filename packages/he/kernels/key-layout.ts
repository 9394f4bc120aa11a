// A key lies as [digit][prime][four values][polynomial][value]: a line of the cache holds four values of both polynomials, and the
// digits are streams of their own, so that the processor fetches from all of them ahead. Between digits lie some bytes more, lest
// all streams use the same few lines of the nearest cache.

const POLYNOMIAL: usize = 32;
/** Bytes of four values of both polynomials. */
export const RECORD: usize = 2 * POLYNOMIAL;

/** The records of a digit modulo the prime with an index. */
// @ts-ignore: decorator
@inline
export function recordsAt(key: usize, digitStride: usize, digit: u32, index: u32, limbBytes: usize): usize {
  return key + digit * digitStride + index * 2 * limbBytes;
}

/** Where a value stands in the records. */
// @ts-ignore: decorator
@inline
export function placeOf(records: usize, polynomial: u32, value: usize): usize {
  return records + (value >> 2) * RECORD + polynomial * POLYNOMIAL + ((value & 3) << 3);
}
