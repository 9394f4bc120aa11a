// Tables of offsets in bytes, as u32, that say where the elements of a matrix of patches lie.
import { align } from '../task';

/** Bytes of a table; the last entries are read four or eight at a time. */
// @ts-ignore: decorator
@inline
export function tableBytes(entries: i32): usize {
  return align((<usize>entries + 8) << 2);
}

/** An offset of a table, in bytes. */
// @ts-ignore: decorator
@inline
export function offsetAt(table: usize, index: i32): usize {
  return <usize>load<u32>(table + (<usize>index << 2));
}

/** Whether the four offsets from this index on are those of every second number. */
// @ts-ignore: decorator
@inline
export function areSpaced(table: usize, index: i32): bool {
  const offsets = v128.load(table + (<usize>index << 2));
  return i32x4.all_true(i32x4.eq(i32x4.sub(offsets, v128.shuffle<i32>(offsets, offsets, 0, 0, 0, 0)), i32x4(0, 8, 16, 24)));
}

/** Repeats the last entry of a table, so that it can be read eight at a time. */
export function finishTable(table: usize, entries: i32): void {
  const last = entries > 0 ? offsetAt(table, entries - 1) : 0;
  for (let i = 0; i < 8; i++) store<u32>(table + (<usize>(entries + i) << 2), <u32>last);
}

/** Offsets of the taps of all channels: channel after channel, row after row. */
export function fillTaps(table: usize, channels: i32, plane: usize, kernelY: i32, stepY: usize, kernelX: i32, stepX: usize): void {
  let at = table;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernelY; ky++) {
      for (let kx = 0; kx < kernelX; kx++) {
        store<u32>(at, <u32>(<usize>c * plane + <usize>ky * stepY + <usize>kx * stepX));
        at += 4;
      }
    }
  }
  finishTable(table, channels * kernelY * kernelX);
}

/** Offsets of positions: image after image, row after row. */
export function fillPositions(
  table: usize,
  images: i32,
  image: usize,
  rows: i32,
  row: usize,
  columns: i32,
  column: usize,
): void {
  let at = table;
  const steps = i32x4.mul(i32x4.splat(<i32>column), i32x4(0, 1, 2, 3));
  const next = i32x4.splat(<i32>(column << 2));
  for (let i = 0; i < images; i++) {
    for (let y = 0; y < rows; y++) {
      let offsets = i32x4.add(i32x4.splat(<i32>(<usize>i * image + <usize>y * row)), steps);
      // What the last four have too much is written over by the next row, or by finishTable.
      for (let x = 0; x < columns; x += 4) {
        v128.store(at + (<usize>x << 2), offsets);
        offsets = i32x4.add(offsets, next);
      }
      at += <usize>columns << 2;
    }
  }
  finishTable(table, images * rows * columns);
}
