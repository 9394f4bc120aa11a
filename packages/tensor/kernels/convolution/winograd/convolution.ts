// 3×3 convolutions with stride 1, and the gradients of their inputs, which are such convolutions of the output's gradient
// with the weight turned round and transposed.
import { SLAB_BYTES, Slab, slabSize } from '../fields';
import { fillPositions, tableBytes } from '../tables';
import { rowBytes, WINDOW_BYTES, Window } from '../window';
import { COLUMNS, multiplyTiles, ROWS } from '../../gemm';
import { ceilDiv } from '../../task';
import { matricesBytes, POINTS, REACH, spread, TILE, tileColumns, tileRows, tileSlabs, Winograd, weightMatrixBytes } from './fields';
import { arePairs, edgeBytes, fillSides, storeFilter } from './output';
import { convolvePatch, fillEmpty, patchBytes } from './patch';
import { DIRECTLY, MEASURED, Measures, MEASURES_BYTES, measuresBytes } from './range';
import { Region, REGION_BYTES } from './region';
import { LINES_BYTES, STEP, transformInputColumns, transformInputRows, transformPairedInputRows } from './transforms';

/** Filters whose products are in memory at the same time. */
const FILTER_LIMIT: i32 = 64;

/** Bytes between two of the matrices of the transformed source. */
// @ts-ignore: decorator
@inline
function sourceMatrixBytes(panels: i32, channels: i32): usize {
  return spread((<usize>panels * channels) << 5);
}

/** Bytes between two of the matrices of products. */
// @ts-ignore: decorator
@inline
function productMatrixBytes(panels: i32, filters: i32): usize {
  return spread((<usize>panels * (ceilDiv(min(filters, FILTER_LIMIT), ROWS) * ROWS)) << 5);
}

/** A block for each slab of tiles of every group. */
export function winogradConvolutionBlocks(fields: Winograd): i32 {
  return <i32>fields.groups * tileSlabs(fields);
}

/** What a block begins with: the lines of a transform, four zeros, the slab, the window, the measures, and the region. */
const ZEROS: usize = LINES_BYTES;
const SLAB: usize = ZEROS + 64;
const WINDOW: usize = SLAB + SLAB_BYTES;
const MEASURES: usize = WINDOW + WINDOW_BYTES;
const REGION: usize = MEASURES + MEASURES_BYTES;
const TABLES: usize = REGION + REGION_BYTES;

/**
 * Room for all that, tiles at the edge, three tables, measures and patches, the matrices of source and products, and the copy of
 * the window in one plane.
 */
export function winogradConvolutionScratch(fields: Winograd): usize {
  const tiles = slabSize(fields);
  const panels = ceilDiv(tiles, COLUMNS);
  const windowRows = <i32>fields.rowStep * TILE + REACH - TILE;
  const windowColumns = <i32>fields.columnStep * TILE + REACH - TILE;
  return (
    TABLES +
    edgeBytes(fields) +
    3 * tableBytes(tiles) +
    measuresBytes(fields) +
    patchBytes(fields) +
    POINTS * sourceMatrixBytes(panels, <i32>fields.channels) +
    POINTS * productMatrixBytes(panels, <i32>fields.filters) +
    (<usize>(<i32>fields.imageStep * windowRows) * rowBytes(windowColumns))
  );
}

/** One slab of one group of the output. */
export function winogradConvolution(fields: Winograd, block: i32, scratch: usize): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const group = block % groups;
  const zeros = scratch + ZEROS;
  const slab = changetype<Slab>(scratch + SLAB);
  slab.take(block / groups, fields, tileRows(fields), tileColumns(fields));
  const tiles = slab.size;
  const panels = ceilDiv(tiles, COLUMNS);
  const edge = scratch + TABLES;
  const windowOffsets = edge + edgeBytes(fields);
  const outOffsets = windowOffsets + tableBytes(tiles);
  const sides = outOffsets + tableBytes(tiles);
  const measuresAt = sides + tableBytes(tiles);
  const patches = measuresAt + measuresBytes(fields);
  const source = patches + patchBytes(fields);
  const sourceStep = sourceMatrixBytes(panels, channels);
  const products = source + POINTS * sourceStep;
  const productStep = productMatrixBytes(panels, filters);
  v128.store(zeros, f32x4.splat(0));

  const measures = changetype<Measures>(scratch + MEASURES);
  const found = <usize>fields.shared + <usize>matricesBytes(fields);
  const measured = measures.place(measuresAt, fields, slab, group, found);
  transformSource(fields, slab, group, scratch, windowOffsets, products + POINTS * productStep, source, sourceStep);
  if (measured) measures.judge(fields, slab);
  const row = <usize>fields.outWidth << 2;
  const image = <usize>(groups * filters * <i32>fields.outHeight) * row;
  fillPositions(outOffsets, slab.images, image, slab.rows, row * TILE, slab.columns, TILE << 2);
  fillSides(sides, fields, slab);
  const weightStep = weightMatrixBytes(fields);
  const weights = <usize>fields.shared + <usize>(group * POINTS) * weightStep;
  for (let first = 0; first < filters; first += FILTER_LIMIT) {
    const some = min(FILTER_LIMIT, filters - first);
    const rowPanels = ceilDiv(some, ROWS);
    for (let point = 0; point < POINTS; point++) {
      const a = weights + <usize>point * weightStep + ((<usize>first * channels) << 2);
      const b = source + <usize>point * sourceStep;
      multiplyTiles(rowPanels, panels, channels, a, b, products + <usize>point * productStep, zeros);
    }
    for (let f = 0; f < some; f++) {
      storeFilter(
        fields,
        slab,
        group * filters + first + f,
        products + (<usize>f << 5),
        productStep,
        <usize>rowPanels << 7,
        outOffsets,
        sides,
        scratch,
        edge,
        zeros,
      );
    }
  }
  if (!measures.any) return;
  for (let tile = 0; tile < tiles; tile++) {
    const verdict = measures.verdict(tile);
    if (verdict == DIRECTLY) convolvePatch(fields, slab, group, tile, patches);
    else if (verdict) fillEmpty(fields, slab, group, tile, verdict);
  }
}

/** Fills the 36 matrices of channels and tiles, in panels of eight tiles, and measures the inputs. */
function transformSource(
  fields: Winograd,
  slab: Slab,
  group: i32,
  scratch: usize,
  offsets: usize,
  room: usize,
  out: usize,
  outStep: usize,
): void {
  const channels = <i32>fields.channels;
  const tiles = slab.size;
  const window = changetype<Window>(scratch + WINDOW);
  window.place(
    1,
    <i32>fields.groups * channels,
    <i32>fields.height,
    <i32>fields.width,
    slab.firstRow * TILE - <i32>fields.paddingY,
    slab.rows * TILE + REACH - TILE,
    slab.firstColumn * TILE - <i32>fields.paddingX,
    slab.columns * TILE + REACH - TILE,
  );
  fillPositions(offsets, slab.images, window.image, slab.rows, window.row * TILE, slab.columns, TILE << 2);
  const first = (slab.firstImage * <i32>fields.groups + group) * channels;
  const measures = changetype<Measures>(scratch + MEASURES);
  const region = changetype<Region>(scratch + REGION);
  region.place(fields, slab, false);
  for (let c = 0; c < channels; c++) {
    if (c % MEASURED == 0) measures.add(fields, slab, region, group, c);
    const from = window.open(room, <usize>fields.x, first + c, 1, slab.images);
    for (let t = 0; t < tiles; t += COLUMNS) {
      const second = t + 4 < tiles;
      const at = offsets + (<usize>t << 2);
      if (arePairs(slab, t)) transformPairedInputRows(from, at, window.row, scratch, STEP);
      else transformInputRows(second, from, at, window.row, scratch, STEP);
      transformInputColumns(second, scratch, out + <usize>(t >> 3) * (<usize>channels << 5), outStep);
    }
    out += 32;
  }
}
