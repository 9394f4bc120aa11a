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
import { address, ceilDiv, integer, partSize } from './task';

// Fields: a, b, out, m, k, n, transposeA, transposeB, the number of matrices, and a table with the offsets of each
// matrix of a and of b in bytes.

export function matmulBlocks(task: usize): i32 {
  const m = integer(task, 3);
  const n = integer(task, 5);
  return (
    integer(task, 8) *
    ceilDiv(m, partSize(m, ROW_LIMIT, ROWS)) *
    ceilDiv(n, partSize(n, COLUMN_LIMIT, COLUMNS))
  );
}

export function matmulScratch(task: usize): usize {
  const depth = partSize(integer(task, 4), DEPTH_LIMIT, 1);
  return (
    EDGE_BYTES +
    panelBytes(partSize(integer(task, 3), ROW_LIMIT, ROWS), ROWS, depth) +
    panelBytes(partSize(integer(task, 5), COLUMN_LIMIT, COLUMNS), COLUMNS, depth)
  );
}

/** One block of rows and columns of one product, over the whole depth. */
export function matmul(task: usize, block: i32, scratch: usize): void {
  const m = integer(task, 3);
  const k = integer(task, 4);
  const n = integer(task, 5);
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

  const offsets = address(task, 9) + (<usize>matrix << 3);
  const a = address(task, 0) + <usize>load<u32>(offsets);
  const b = address(task, 1) + <usize>load<u32>(offsets, 4);
  const out = address(task, 2) + ((<usize>matrix * m * n + <usize>row * n + column) << 2);
  const aRowStride: usize = integer(task, 6) ? 4 : <usize>k << 2;
  const aDepthStride: usize = integer(task, 6) ? <usize>m << 2 : 4;
  const bColumnStride: usize = integer(task, 7) ? <usize>k << 2 : 4;
  const bDepthStride: usize = integer(task, 7) ? 4 : <usize>n << 2;

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
