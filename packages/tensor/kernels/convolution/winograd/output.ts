// From the products of a filter to its tiles of the output.
import { Slab } from '../fields';
import { offsetAt } from '../tables';
import { wide } from '../../simd';
import { align } from '../../task';
import { copyRow } from '../window';
import { convolveTile } from './directly';
import { TILE, Winograd } from './fields';
import { LINE, transformOutputColumns, transformOutputRows, transformPairedOutputRows } from './transforms';

/**
 * Whether the eight tiles of a panel from this one on are four pairs of neighbors in a row. Where V8 takes two vectors for one,
 * the first four lanes of the panel then have the left tiles and the last four the right ones, so that both are loaded and stored
 * as one; else the lanes have the tiles in their order. No number depends on its lane.
 */
// @ts-ignore: decorator
@inline
export function arePairs(slab: Slab, first: i32): bool {
  return wide && !(slab.columns & 1) && first + 8 <= slab.size;
}

/** Bytes from a row of a tile to the next: those of the output, or, where it is so narrow that it has no whole tile, of the tile. */
// @ts-ignore: decorator
@inline
function tileStep(fields: Winograd): usize {
  return <usize>max(TILE, <i32>fields.outWidth) << 2;
}

/** Bytes of a place at the edge: a tile, or a pair of which what lies beyond the output is written over by the next row. */
// @ts-ignore: decorator
@inline
function placeBytes(step: usize): usize {
  return TILE * step + 32;
}

/** Room for four tiles, or pairs, that reach beyond the output. */
// @ts-ignore: decorator
@inline
export function edgeBytes(fields: Winograd): usize {
  return align(4 * placeBytes(tileStep(fields)));
}

/** The rows and columns of a tile that lie inside the output, as an entry of a table. */
const WHOLE: i32 = TILE | (TILE << 16);

// @ts-ignore: decorator
@inline
function rowsAt(sides: usize, tile: i32): i32 {
  return i32.load16_u(sides + (<usize>tile << 2));
}

// @ts-ignore: decorator
@inline
function columnsAt(sides: usize, tile: i32): i32 {
  return i32.load16_u(sides + (<usize>tile << 2), 2);
}

// @ts-ignore: decorator
@inline
function isWhole(sides: usize, tile: i32): bool {
  return i32.load(sides + (<usize>tile << 2)) == WHOLE;
}

/** Fills a table with the rows and columns of every tile that lie inside the output; none of what comes after the last. */
export function fillSides(sides: usize, fields: Winograd, slab: Slab): void {
  for (let image = 0; image < slab.images; image++) {
    for (let row = 0; row < slab.rows; row++) {
      const rows = min(TILE, <i32>fields.outHeight - (slab.firstRow + row) * TILE);
      for (let column = 0; column < slab.columns; column++) {
        const columns = min(TILE, <i32>fields.outWidth - (slab.firstColumn + column) * TILE);
        i32.store(sides, rows | (columns << 16));
        sides += 4;
      }
    }
  }
  memory.fill(sides, 0, 32);
}

/**
 * Makes the tiles of one filter from their products, which come in panels of eight tiles. Those that reach beyond the output are
 * made at `edge` and copied.
 */
export function storeFilter(
  fields: Winograd,
  slab: Slab,
  filter: i32,
  products: usize,
  productStep: usize,
  panelStep: usize,
  outOffsets: usize,
  sides: usize,
  lines: usize,
  edge: usize,
  zeros: usize,
): void {
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const row = <usize>outWidth << 2;
  const step = tileStep(fields);
  const planes = <i32>fields.groups * <i32>fields.filters;
  const bias = <usize>fields.bias;
  const plus = bias ? bias + (<usize>filter << 2) : zeros;
  const place =
    ((<usize>slab.firstImage * planes + filter) * outHeight + slab.firstRow * TILE) * outWidth + slab.firstColumn * TILE;
  const out = <usize>fields.out + (place << 2);
  const tiles = slab.size;
  for (let t = 0; t < tiles; t += 8) {
    transformOutputColumns(t + 4 < tiles, products, productStep, lines, LINE);
    if (arePairs(slab, t)) storePairs(fields, slab, filter, t, plus, out, row, outOffsets, sides, lines, edge, step);
    else {
      storeFour(fields, slab, filter, t, plus, out, row, outOffsets, sides, lines, edge, step);
      if (t + 4 < tiles) {
        storeFour(fields, slab, filter, t + 4, plus, out, row, outOffsets, sides, lines + 16, edge, step);
      }
    }
    products += panelStep;
  }
}

function storeFour(
  fields: Winograd,
  slab: Slab,
  filter: i32,
  first: i32,
  plus: usize,
  out: usize,
  row: usize,
  outOffsets: usize,
  sides: usize,
  lines: usize,
  edge: usize,
  step: usize,
): void {
  const place = placeBytes(step);
  const p0 = isWhole(sides, first) ? out + offsetAt(outOffsets, first) : edge;
  const p1 = isWhole(sides, first + 1) ? out + offsetAt(outOffsets, first + 1) : edge + place;
  const p2 = isWhole(sides, first + 2) ? out + offsetAt(outOffsets, first + 2) : edge + 2 * place;
  const p3 = isWhole(sides, first + 3) ? out + offsetAt(outOffsets, first + 3) : edge + 3 * place;
  const finite = transformOutputRows(lines, plus, p0, p1, p2, p3, step);
  for (let tile = first; tile < first + 4; tile++, edge += place) {
    if (isWhole(sides, tile)) continue;
    copyPart(out + offsetAt(outOffsets, tile), row, edge, step, rowsAt(sides, tile), columnsAt(sides, tile));
  }
  if (!finite) convolveFour(fields, slab, filter, first);
}

/** As storeFour, for eight tiles that are pairs; those of a pair are inside where the right one is. */
function storePairs(
  fields: Winograd,
  slab: Slab,
  filter: i32,
  first: i32,
  plus: usize,
  out: usize,
  row: usize,
  outOffsets: usize,
  sides: usize,
  lines: usize,
  edge: usize,
  step: usize,
): void {
  const place = placeBytes(step);
  const p0 = isWhole(sides, first + 1) ? out + offsetAt(outOffsets, first) : edge;
  const p1 = isWhole(sides, first + 3) ? out + offsetAt(outOffsets, first + 2) : edge + place;
  const p2 = isWhole(sides, first + 5) ? out + offsetAt(outOffsets, first + 4) : edge + 2 * place;
  const p3 = isWhole(sides, first + 7) ? out + offsetAt(outOffsets, first + 6) : edge + 3 * place;
  const doubtful = transformPairedOutputRows(lines, plus, p0, p1, p2, p3, step);
  for (let tile = first; tile < first + 8; tile += 2, edge += place) {
    if (isWhole(sides, tile + 1)) continue;
    copyPart(out + offsetAt(outOffsets, tile), row, edge, step, rowsAt(sides, tile + 1), TILE + columnsAt(sides, tile + 1));
  }
  if (doubtful & 3) convolveFour(fields, slab, filter, first);
  if (doubtful & 12) convolveFour(fields, slab, filter, first + 4);
}

/** Copies the part of a tile, or of a pair, that lies inside. */
function copyPart(to: usize, toRow: usize, from: usize, fromRow: usize, rows: i32, columns: i32): void {
  for (; rows > 0; rows--) {
    copyRow(to, from, columns);
    to += toRow;
    from += fromRow;
  }
}

function convolveFour(fields: Winograd, slab: Slab, filter: i32, first: i32): void {
  for (let tile = first; tile < min(first + 4, slab.size); tile++) {
    const rest = tile % (slab.rows * slab.columns);
    convolveTile(
      fields,
      slab.firstImage + tile / (slab.rows * slab.columns),
      filter,
      (slab.firstRow + rest / slab.columns) * TILE,
      (slab.firstColumn + (rest % slab.columns)) * TILE,
    );
  }
}
