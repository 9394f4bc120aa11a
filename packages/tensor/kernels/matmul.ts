import {
  COLUMN_LIMIT,
  COLUMNS,
  clearEdge,
  DEPTH_LIMIT,
  EDGE_BYTES,
  multiplyPanels,
  packColumns,
  packRows,
  panelBytes,
  ROW_LIMIT,
  ROWS,
} from './gemm';
import { ceilDiv, partSize } from './task';

@unmanaged
class Matmul {
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
}

export function matmulBlocks(task: usize): i32 {
  const fields = changetype<Matmul>(task);
  const m = <i32>fields.m;
  const n = <i32>fields.n;
  return (
    <i32>fields.matrices *
    ceilDiv(m, partSize(m, ROW_LIMIT, ROWS)) *
    ceilDiv(n, partSize(n, COLUMN_LIMIT, COLUMNS))
  );
}

export function matmulScratch(task: usize): usize {
  const fields = changetype<Matmul>(task);
  const depth = partSize(<i32>fields.k, DEPTH_LIMIT, 1);
  return (
    EDGE_BYTES +
    panelBytes(partSize(<i32>fields.m, ROW_LIMIT, ROWS), ROWS, depth) +
    panelBytes(partSize(<i32>fields.n, COLUMN_LIMIT, COLUMNS), COLUMNS, depth)
  );
}

/** One block of rows and columns of one product, over the whole depth. */
export function matmul(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Matmul>(task);
  const m = <i32>fields.m;
  const k = <i32>fields.k;
  const n = <i32>fields.n;
  const rowsPerBlock = partSize(m, ROW_LIMIT, ROWS);
  const columnsPerBlock = partSize(n, COLUMN_LIMIT, COLUMNS);
  const depthPerBlock = partSize(k, DEPTH_LIMIT, 1);
  const rowBlocks = ceilDiv(m, rowsPerBlock);
  const columnBlocks = ceilDiv(n, columnsPerBlock);
  const matrix = block / (rowBlocks * columnBlocks);
  const row = ((block / columnBlocks) % rowBlocks) * rowsPerBlock;
  const column = (block % columnBlocks) * columnsPerBlock;
  const rows = min(rowsPerBlock, m - row);
  const columns = min(columnsPerBlock, n - column);

  const offsets = <usize>fields.offsets + (<usize>matrix << 3);
  const a = <usize>fields.a + <usize>load<u32>(offsets);
  const b = <usize>fields.b + <usize>load<u32>(offsets, 4);
  const out = <usize>fields.out + ((<usize>matrix * m * n + <usize>row * n + column) << 2);
  const aRowStride: usize = fields.transposeA ? 4 : <usize>k << 2;
  const aDepthStride: usize = fields.transposeA ? <usize>m << 2 : 4;
  const bColumnStride: usize = fields.transposeB ? <usize>k << 2 : 4;
  const bDepthStride: usize = fields.transposeB ? 4 : <usize>n << 2;

  const packedA = scratch + EDGE_BYTES;
  const packedB = packedA + panelBytes(rowsPerBlock, ROWS, depthPerBlock);
  clearEdge(scratch);
  let start = 0;
  do {
    const depth = min(depthPerBlock, k - start);
    packRows(packedA, a + row * aRowStride + start * aDepthStride, rows, depth, aRowStride, aDepthStride);
    packColumns(packedB, b + column * bColumnStride + start * bDepthStride, columns, depth, bColumnStride, bDepthStride);
    multiplyPanels(rows, columns, depth, packedA, packedB, out, <usize>n << 2, start ? 0 : scratch, 0, scratch);
    start += depthPerBlock;
  } while (start < k);
}
