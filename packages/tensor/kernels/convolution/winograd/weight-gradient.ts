// The gradient of the weight is the adjoint of the convolution as a function of the weight:
//
//   Gᵀ [ Σ (Bᵀ d B) ⊙ (A y Aᵀ) ] G
//
// summed over all tiles d of the input and y of the output's gradient: 36 products of matrices as deep as there are
// tiles.
import { Convolution, SLAB_BYTES, Slab, slabSize } from '../fields';
import { fillPositions, offsetAt, tableBytes } from '../tables';
import { WINDOW_BYTES, Window } from '../window';
import { COLUMNS, multiplyTiles, ROWS } from '../../gemm';
import { ceilDiv } from '../../task';
import { correlateTaps } from './directly';
import { REACH, spread, TILE, tileColumns, tileRows, tileSlabs } from './fields';
import { LINES_BYTES, POINTS, transformInput, transformSlopes, transformWeightSlopes } from './transforms';

/** Filters and channels of a block, whose sums fill half a second-level cache. */
const FILTER_LIMIT: i32 = 64;
const CHANNEL_LIMIT: i32 = 64;

/** A block for every part of every group's filters and channels. */
export function winogradWeightGradientBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return (
    <i32>fields.parts *
    <i32>fields.groups *
    ceilDiv(<i32>fields.filters, FILTER_LIMIT) *
    ceilDiv(<i32>fields.channels, CHANNEL_LIMIT)
  );
}

/** Bytes between two of the matrices of inputs, of slopes, and of sums. */
// @ts-ignore: decorator
@inline
function inputMatrixBytes(panels: i32, tiles: i32): usize {
  return spread((<usize>panels * tiles) << 5);
}

// @ts-ignore: decorator
@inline
function slopeMatrixBytes(panels: i32, tiles: i32): usize {
  return spread((<usize>panels * tiles) << 4);
}

// @ts-ignore: decorator
@inline
function sumMatrixBytes(filterPanels: i32, channelPanels: i32): usize {
  return spread((<usize>filterPanels * channelPanels) << 7);
}

/** What a block begins with: the lines of a transform, four zeros, nine vectors, the slab, and the window. */
const ZEROS: usize = LINES_BYTES;
const TAPS: usize = ZEROS + 64;
const SLAB: usize = TAPS + 192;
const WINDOW: usize = SLAB + SLAB_BYTES;
const TABLES: usize = WINDOW + WINDOW_BYTES;

/** Room for all that, a table, the three kinds of matrices, and the copy of the window in four planes. */
export function winogradWeightGradientScratch(task: usize): usize {
  const fields = changetype<Convolution>(task);
  const tiles = slabSize(fields);
  const filterPanels = ceilDiv(min(<i32>fields.filters, FILTER_LIMIT), ROWS);
  const channelPanels = ceilDiv(min(<i32>fields.channels, CHANNEL_LIMIT), COLUMNS);
  const windowRows = <i32>fields.rowStep * TILE + REACH - TILE;
  const windowColumns = <i32>fields.columnStep * TILE + REACH - TILE;
  return (
    TABLES +
    tableBytes(tiles) +
    POINTS *
      (inputMatrixBytes(channelPanels, tiles) +
        slopeMatrixBytes(filterPanels, tiles) +
        sumMatrixBytes(filterPanels, channelPanels)) +
    ((<usize>fields.imageStep * windowRows * windowColumns) << 4)
  );
}

/** One part of the gradient of a group's weight: of some filters and channels, the sum over its slabs. */
export function winogradWeightGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const groups = <i32>fields.groups;
  const allFilters = <i32>fields.filters;
  const allChannels = <i32>fields.channels;
  const parts = <i32>fields.parts;
  const filterBlocks = ceilDiv(allFilters, FILTER_LIMIT);
  const channelBlocks = ceilDiv(allChannels, CHANNEL_LIMIT);
  const firstChannel = (block % channelBlocks) * CHANNEL_LIMIT;
  const firstFilter = ((block / channelBlocks) % filterBlocks) * FILTER_LIMIT;
  const group = (block / channelBlocks / filterBlocks) % groups;
  const part = block / channelBlocks / filterBlocks / groups;
  const channels = min(CHANNEL_LIMIT, allChannels - firstChannel);
  const filters = min(FILTER_LIMIT, allFilters - firstFilter);
  const channelPanels = ceilDiv(channels, COLUMNS);
  const filterPanels = ceilDiv(filters, ROWS);
  const rows = tileRows(fields);
  const columns = tileColumns(fields);
  const slabs = <i64>tileSlabs(fields);
  const firstSlab = <i32>((slabs * part) / parts);
  const lastSlab = <i32>((slabs * (part + 1)) / parts);

  const zeros = scratch + ZEROS;
  const taps = scratch + TAPS;
  const slab = changetype<Slab>(scratch + SLAB);
  const window = changetype<Window>(scratch + WINDOW);
  const offsets = scratch + TABLES;
  const most = slabSize(fields);
  const inputs = offsets + tableBytes(most);
  const inputStep = inputMatrixBytes(channelPanels, most);
  const slopes = inputs + POINTS * inputStep;
  const slopeStep = slopeMatrixBytes(filterPanels, most);
  const sums = slopes + POINTS * slopeStep;
  const sumStep = sumMatrixBytes(filterPanels, channelPanels);
  const room = sums + POINTS * sumStep;
  v128.store(zeros, f32x4.splat(0));

  for (let index = firstSlab; index < lastSlab; index++) {
    slab.take(index, fields, rows, columns);
    const tiles = slab.size;
    window.place(
      4,
      groups * allChannels,
      <i32>fields.height,
      <i32>fields.width,
      slab.firstRow * TILE - <i32>fields.paddingY,
      slab.rows * TILE + REACH - TILE,
      slab.firstColumn * TILE - <i32>fields.paddingX,
      slab.columns * TILE + REACH - TILE,
    );
    fillPositions(offsets, slab.images, window.image, slab.rows, window.row * TILE, slab.columns, TILE << 2);
    const firstInput = (slab.firstImage * groups + group) * allChannels + firstChannel;
    for (let c = 0; c < channelPanels * COLUMNS; c += 4) {
      // Half a panel may have no channel: it takes the last one again.
      const first = min(c, channels - 1);
      const source = window.open(room, <usize>fields.x, firstInput + first, min(4, channels - first), slab.images);
      const panel = inputs + ((<usize>(c & ~7) * tiles) << 2) + (<usize>(c & 4) << 2);
      transformPlanes(false, window, source, channels - first, offsets, tiles, panel, inputStep, scratch);
    }
    window.place(
      4,
      groups * allFilters,
      <i32>fields.outHeight,
      <i32>fields.outWidth,
      slab.firstRow * TILE,
      slab.rows * TILE,
      slab.firstColumn * TILE,
      slab.columns * TILE,
    );
    fillPositions(offsets, slab.images, window.image, slab.rows, window.row * TILE, slab.columns, TILE << 2);
    const firstSlope = (slab.firstImage * groups + group) * allFilters + firstFilter;
    for (let f = 0; f < filters; f += ROWS) {
      const source = window.open(room, <usize>fields.out, firstSlope + f, min(ROWS, filters - f), slab.images);
      const panel = slopes + ((<usize>f * tiles) << 2);
      transformPlanes(true, window, source, filters - f, offsets, tiles, panel, slopeStep, scratch);
    }
    const start = index == firstSlab ? zeros : 0;
    for (let point = 0; point < POINTS; point++) {
      let b = inputs + <usize>point * inputStep;
      let to = sums + <usize>point * sumStep;
      for (let panel = 0; panel < channelPanels; panel++) {
        multiplyTiles(filterPanels, tiles, slopes + <usize>point * slopeStep, b, to, start);
        to += <usize>filterPanels << 7;
        b += <usize>tiles << 5;
      }
    }
  }

  const weights = <usize>fields.shared + ((<usize>(part * groups + group) * allFilters * allChannels * 9) << 2);
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c += 4) {
      const tile = (c >> 3) * filterPanels + (f >> 2);
      const from = sums + (<usize>tile << 7) + (<usize>(f & 3) << 5) + (<usize>(c & 4) << 2);
      const finite = transformWeightSlopes(from, sumStep, taps, scratch);
      let to = weights + ((<usize>((firstFilter + f) * allChannels + firstChannel + c) * 9) << 2);
      for (let lane = 0; lane < min(4, channels - c); lane++) {
        const values = taps + (<usize>lane << 2);
        for (let tap = 0; tap < 9; tap++) f32.store(to + (<usize>tap << 2), f32.load(values + (<usize>tap << 4)));
        if (!finite) {
          memory.fill(to, 0, 36);
          for (let index = firstSlab; index < lastSlab; index++) {
            slab.take(index, fields, rows, columns);
            correlateTaps(
              fields,
              slab,
              group * allFilters + firstFilter + f,
              group * allChannels + firstChannel + c + lane,
              to,
            );
          }
        }
        to += 36;
      }
    }
  }
}

/** The distance to one of four planes; where there is none the last one serves: nobody reads what it makes. */
// @ts-ignore: decorator
@inline
function planeAt(window: Window, index: i32, present: i32): usize {
  return <usize>min(index, present - 1) * window.plane;
}

/** Fills half a panel of eight channels in each of the 36 matrices of inputs, or a panel of four filters in those of slopes. */
// @ts-ignore: decorator
@inline
function transformPlanes(
  ofSlopes: bool,
  window: Window,
  source: usize,
  present: i32,
  offsets: usize,
  tiles: i32,
  out: usize,
  outStep: usize,
  lines: usize,
): void {
  const p1 = source + planeAt(window, 1, present);
  const p2 = source + planeAt(window, 2, present);
  const p3 = source + planeAt(window, 3, present);
  for (let at = offsets, end = offsets + (<usize>tiles << 2); at != end; at += 4) {
    const offset = offsetAt(at, 0);
    if (ofSlopes) transformSlopes(source + offset, p1 + offset, p2 + offset, p3 + offset, window.row, out, outStep, lines);
    else transformInput(source + offset, p1 + offset, p2 + offset, p3 + offset, window.row, out, outStep, lines);
    out += ofSlopes ? 16 : 32;
  }
}
