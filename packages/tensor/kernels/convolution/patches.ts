// Panels for products of matrices, packed straight from the planes by tables of offsets.
import { COLUMNS } from '../gemm';
import { gather, loadSecond, pairBytes, storeTwoColumns } from '../simd';
import { areSpaced, offsetAt } from './tables';

/** Panels of 8 columns of the patches; offsets of columns grow, so that their distance tells whether they are neighbors. */
export function packPatches(
  out: usize,
  source: usize,
  columnOffsets: usize,
  columns: i32,
  depthOffsets: usize,
  depth: i32,
): void {
  const end = depthOffsets + (<usize>depth << 2);
  for (let j = 0; j < columns; j += COLUMNS) {
    const o0 = source + offsetAt(columnOffsets, j);
    const o3 = source + offsetAt(columnOffsets, j + 3);
    const o4 = source + offsetAt(columnOffsets, j + 4);
    const o7 = source + offsetAt(columnOffsets, j + 7);
    const whole = j + COLUMNS <= columns;
    if (whole && o7 - o0 == 28) {
      for (let d = depthOffsets; d != end; d += 4) {
        const from = o0 + <usize>load<u32>(d);
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        out += 32;
      }
    } else if (whole && o3 - o0 == 12 && o7 - o4 == 12) {
      for (let d = depthOffsets; d != end; d += 4) {
        const offset = <usize>load<u32>(d);
        v128.store(out, v128.load(o0 + offset));
        v128.store(out, v128.load(o4 + offset), 16);
        out += 32;
      }
    } else if (whole && areSpaced(columnOffsets, j) && areSpaced(columnOffsets, j + 4)) {
      for (let d = depthOffsets; d != end; d += 4) {
        const offset = <usize>load<u32>(d);
        v128.store(out, loadSecond(o0 + offset));
        v128.store(out, loadSecond(o4 + offset), 16);
        out += 32;
      }
    } else {
      const o1 = source + offsetAt(columnOffsets, j + 1);
      const o2 = source + offsetAt(columnOffsets, j + 2);
      const o5 = source + offsetAt(columnOffsets, j + 5);
      const o6 = source + offsetAt(columnOffsets, j + 6);
      for (let d = depthOffsets; d != end; d += 4) {
        const at = <usize>load<u32>(d);
        v128.store(out, gather(o0 + at, o1 + at, o2 + at, o3 + at));
        v128.store(out, gather(o4 + at, o5 + at, o6 + at, o7 + at), 16);
        out += 32;
      }
    }
  }
}

/** Panels of 8 lines: element [line, step] lies at lineOffsets[line] + stepOffsets[step]. */
export function packLines(
  out: usize,
  source: usize,
  lineOffsets: usize,
  lines: i32,
  stepOffsets: usize,
  steps: i32,
): void {
  const distance = pairBytes();
  for (let line = 0; line < lines; line += COLUMNS) {
    const l0 = source + offsetAt(lineOffsets, line);
    const l1 = source + offsetAt(lineOffsets, line + 1);
    const l2 = source + offsetAt(lineOffsets, line + 2);
    const l3 = source + offsetAt(lineOffsets, line + 3);
    const l4 = source + offsetAt(lineOffsets, line + 4);
    const l5 = source + offsetAt(lineOffsets, line + 5);
    const l6 = source + offsetAt(lineOffsets, line + 6);
    const l7 = source + offsetAt(lineOffsets, line + 7);
    let step = 0;
    while (step < steps) {
      const at = offsetAt(stepOffsets, step);
      if (step + 4 <= steps && offsetAt(stepOffsets, step + 3) - at == 12) {
        storeTwoColumns(
          out,
          out + distance,
          out + 2 * distance,
          out + 3 * distance,
          v128.load(l0 + at),
          v128.load(l1 + at),
          v128.load(l2 + at),
          v128.load(l3 + at),
          v128.load(l4 + at),
          v128.load(l5 + at),
          v128.load(l6 + at),
          v128.load(l7 + at),
        );
        out += distance << 2;
        step += 4;
      } else {
        v128.store(out, gather(l0 + at, l1 + at, l2 + at, l3 + at));
        v128.store(out, gather(l4 + at, l5 + at, l6 + at, l7 + at), 16);
        out += distance;
        step++;
      }
    }
  }
}
