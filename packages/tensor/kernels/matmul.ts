// Products of matrices in two kernels: one packs both factors, the other multiplies the packed panels. Every element is
// packed once, whatever the number of blocks of the product, so that these can be small enough for many threads.
import {
  COLUMNS,
  clearEdge,
  DEPTH_LIMIT,
  EDGE_BYTES,
  multiplyPanels,
  packColumns,
  packRows,
  panelBytes,
  ROWS,
} from './gemm';
import { ceilDiv, partSize } from './task';

@unmanaged
export class Matmul {
  a: f64;
  b: f64;
  out: f64;
  m: f64;
  k: f64;
  n: f64;
  /** Whether a is stored as k×m, b as n×k. */
  transposeA: f64;
  transposeB: f64;
  /** The number of products. */
  matrices: f64;
  /** For each product the offsets of its factors in a and b, in bytes, as u32. */
  offsets: f64;
  /** Room for the packed factors of all products. */
  packed: f64;
}

/** Rows and columns of a part of the product: at full depth the panels of its rows fill an eighth of a second-level cache. */
const PART_LIMIT: i32 = 128;
/** Small strips and parts share a block, so that it is worth handing to a thread: elements to pack, products to add. */
const PACK_TARGET: i32 = 32768;
const MULTIPLY_TARGET: i32 = 524288;

// @ts-ignore: decorator
@inline
function rowsPerPart(m: i32): i32 {
  return partSize(m, PART_LIMIT, ROWS);
}

// @ts-ignore: decorator
@inline
function columnsPerPart(n: i32): i32 {
  return partSize(n, PART_LIMIT, COLUMNS);
}

/** Bytes of the packed factors of one product. */
// @ts-ignore: decorator
@inline
function factorBytes(m: i32, k: i32, n: i32): usize {
  return panelBytes(m, ROWS, k) + panelBytes(n, COLUMNS, k);
}

/** For each product the strips of rows of a and the strips of columns of b. */
// @ts-ignore: decorator
@inline
function stripCount(m: i32, n: i32): i32 {
  return ceilDiv(m, rowsPerPart(m)) + ceilDiv(n, columnsPerPart(n));
}

// @ts-ignore: decorator
@inline
function stripsPerBlock(m: i32, k: i32, n: i32): i32 {
  return <i32>max<i64>(1, PACK_TARGET / max<i64>(1, <i64>max(rowsPerPart(m), columnsPerPart(n)) * k));
}

/** Small strips share a block. */
export function matmulPackBlocks(fields: Matmul): i32 {
  const m = <i32>fields.m;
  const n = <i32>fields.n;
  return ceilDiv(<i32>fields.matrices * stripCount(m, n), stripsPerBlock(m, <i32>fields.k, n));
}

/** Packs the strips of a block. */
export function matmulPack(fields: Matmul, block: i32, scratch: usize): void {
  const m = <i32>fields.m;
  const n = <i32>fields.n;
  const count = stripsPerBlock(m, <i32>fields.k, n);
  const end = min((block + 1) * count, <i32>fields.matrices * stripCount(m, n));
  for (let strip = block * count; strip < end; strip++) packStrip(fields, strip);
}

/** One strip over the whole depth; slabs of depth lie one after another, each with the panels of all strips. */
function packStrip(fields: Matmul, index: i32): void {
  const m = <i32>fields.m;
  const k = <i32>fields.k;
  const n = <i32>fields.n;
  const rowStrips = ceilDiv(m, rowsPerPart(m));
  const strips = stripCount(m, n);
  const matrix = index / strips;
  const strip = index % strips;
  const offsets = <usize>fields.offsets + (<usize>matrix << 3);
  const packedA = <usize>fields.packed + <usize>matrix * factorBytes(m, k, n);
  const depthPerSlab = partSize(k, DEPTH_LIMIT, 1);
  if (strip < rowStrips) {
    const row = strip * rowsPerPart(m);
    const rows = min(rowsPerPart(m), m - row);
    const rowStride: usize = fields.transposeA ? 4 : <usize>k << 2;
    const depthStride: usize = fields.transposeA ? <usize>m << 2 : 4;
    const a = <usize>fields.a + <usize>load<u32>(offsets) + row * rowStride;
    for (let start = 0; start < k; start += depthPerSlab) {
      const depth = min(depthPerSlab, k - start);
      const to = packedA + panelBytes(m, ROWS, start) + panelBytes(row, ROWS, depth);
      packRows(to, a + start * depthStride, rows, depth, rowStride, depthStride);
    }
  } else {
    const packedB = packedA + panelBytes(m, ROWS, k);
    const column = (strip - rowStrips) * columnsPerPart(n);
    const columns = min(columnsPerPart(n), n - column);
    const columnStride: usize = fields.transposeB ? <usize>k << 2 : 4;
    const depthStride: usize = fields.transposeB ? 4 : <usize>n << 2;
    const b = <usize>fields.b + <usize>load<u32>(offsets, 4) + column * columnStride;
    for (let start = 0; start < k; start += depthPerSlab) {
      const depth = min(depthPerSlab, k - start);
      const to = packedB + panelBytes(n, COLUMNS, start) + panelBytes(column, COLUMNS, depth);
      packColumns(to, b + start * depthStride, columns, depth, columnStride, depthStride);
    }
  }
}

// @ts-ignore: decorator
@inline
function partsPerBlock(m: i32, k: i32, n: i32): i32 {
  return <i32>max<i64>(1, MULTIPLY_TARGET / max<i64>(1, <i64>rowsPerPart(m) * columnsPerPart(n) * k));
}

// @ts-ignore: decorator
@inline
function partCount(m: i32, n: i32): i32 {
  return ceilDiv(m, rowsPerPart(m)) * ceilDiv(n, columnsPerPart(n));
}

/** Small parts share a block. */
export function matmulBlocks(fields: Matmul): i32 {
  const m = <i32>fields.m;
  const n = <i32>fields.n;
  return ceilDiv(<i32>fields.matrices * partCount(m, n), partsPerBlock(m, <i32>fields.k, n));
}

/** Room for what lies beyond the edges of a product. */
export function matmulScratch(fields: Matmul): usize {
  return EDGE_BYTES;
}

/** Multiplies the packed panels of the parts of a block. */
export function matmul(fields: Matmul, block: i32, scratch: usize): void {
  const m = <i32>fields.m;
  const n = <i32>fields.n;
  const count = partsPerBlock(m, <i32>fields.k, n);
  const end = min((block + 1) * count, <i32>fields.matrices * partCount(m, n));
  clearEdge(scratch);
  for (let part = block * count; part < end; part++) multiplyPart(fields, part, scratch);
}

/** One part of one product, over the whole depth. */
function multiplyPart(fields: Matmul, index: i32, edge: usize): void {
  const m = <i32>fields.m;
  const k = <i32>fields.k;
  const n = <i32>fields.n;
  const columnParts = ceilDiv(n, columnsPerPart(n));
  const parts = partCount(m, n);
  const matrix = index / parts;
  const row = ((index % parts) / columnParts) * rowsPerPart(m);
  const column = (index % columnParts) * columnsPerPart(n);
  const rows = min(rowsPerPart(m), m - row);
  const columns = min(columnsPerPart(n), n - column);

  const packedA = <usize>fields.packed + <usize>matrix * factorBytes(m, k, n);
  const packedB = packedA + panelBytes(m, ROWS, k);
  const out = <usize>fields.out + ((<usize>matrix * m * n + <usize>row * n + column) << 2);
  const depthPerSlab = partSize(k, DEPTH_LIMIT, 1);
  let start = 0;
  do {
    const depth = min(depthPerSlab, k - start);
    const left = packedA + panelBytes(m, ROWS, start) + panelBytes(row, ROWS, depth);
    const right = packedB + panelBytes(n, COLUMNS, start) + panelBytes(column, COLUMNS, depth);
    multiplyPanels(rows, columns, depth, left, right, out, <usize>n << 2, start ? 0 : edge, 0, edge);
    start += depthPerSlab;
  } while (start < k);
}
