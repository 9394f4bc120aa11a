// Pieces of planes that are not whole groups are computed in a copy, one after the other, with zeros after the last:
// zeros change no statistics and no sums.
import { ceilDiv } from '../task';

function copyPiece(target: usize, source: usize, length: i32): void {
  const bytes = <usize>length << 2;
  if (length < 4) {
    for (let i: usize = 0; i < bytes; i += 4) f32.store(target + i, f32.load(source + i));
    return;
  }
  const last = bytes - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(target + i, v128.load(source + i));
  v128.store(target + last, v128.load(source + last));
}

/** Copies pieces, `step` bytes apart, to one place, and completes the last group of so many elements. */
export function gatherPieces(target: usize, source: usize, length: i32, pieces: i32, step: usize, group: i32): void {
  const end = target + (<usize>(ceilDiv(length * pieces, group) * group) << 2);
  for (let i = 0; i < pieces; i++, source += step) {
    copyPiece(target, source, length);
    target += <usize>length << 2;
  }
  for (; target < end; target += 4) f32.store(target, 0);
}

/** The inverse. */
export function scatterPieces(target: usize, source: usize, length: i32, pieces: i32, step: usize): void {
  for (let i = 0; i < pieces; i++, target += step) {
    copyPiece(target, source, length);
    source += <usize>length << 2;
  }
}
