// The gradient of the weight is the adjoint of the convolution as a function of the weight:
//
//   Gᵀ [ Σ (Bᵀ d B) ⊙ (A y Aᵀ) ] G
//
// summed over all tiles d of the input and y of the output's gradient: 36 products of matrices as deep as there are
// tiles.
import { Convolution, SLAB_BYTES, Slab, slabSize } from '../fields';
import { fillPositions, offsetAt, tableBytes } from '../tables';
import { rowBytes, WINDOW_BYTES, Window } from '../window';
import { COLUMNS, multiplyTiles, ROWS } from '../../gemm';
import { storeTransposed, wide } from '../../simd';
import { ceilDiv } from '../../task';
import { correlateRows, correlateTaps } from './directly';
import { POINTS, REACH, spread, TILE, tileColumns, tileRows, tileSlabs } from './fields';
import { Region, REGION_BYTES } from './region';
import { spreadOf } from './spread';
import {
  LINE,
  LINES_BYTES,
  STEP,
  transformInputColumns,
  transformInputRows,
  transformPairedSlopeRows,
  transformSlopeColumns,
  transformSlopeRows,
  transformWeightSlopeColumns,
  transformWeightSlopeRows,
} from './transforms';

/** Filters and channels of a block, whose sums fill half a second-level cache. */
const FILTER_LIMIT: i32 = 64;
const CHANNEL_LIMIT: i32 = 64;

/** A block for every part of every group's filters and channels. */
export function winogradWeightGradientBlocks(fields: Convolution): i32 {
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

/** What a block begins with: the lines of a transform, four zeros, nine vectors, offsets of planes, slab, window, region, and spreads. */
const ZEROS: usize = LINES_BYTES;
const TAPS: usize = ZEROS + 64;
const PLANES: usize = TAPS + 192;
const SLAB: usize = PLANES + 64;
const WINDOW: usize = SLAB + SLAB_BYTES;
const REGION: usize = WINDOW + WINDOW_BYTES;
/** The largest numbers of the channels and filters of a block, eight for each; their spreads, NaN where they are not known yet. */
const LARGEST: usize = REGION + REGION_BYTES;
const SPREADS: usize = LARGEST + <usize>((CHANNEL_LIMIT + FILTER_LIMIT) << 5);
const TABLES: usize = SPREADS + <usize>((CHANNEL_LIMIT + FILTER_LIMIT) << 2);

/**
 * A result that is so small a part of the product of the largest numbers may be so by chance, or the transforms may have
 * spread the largest over it.
 */
const PART: f32 = 1 / 256;
/** So many times larger than all typical products together the largest may be for that, as a binary logarithm. */
const SPREAD: f32 = 1;

/** Room for all that, a table, the three kinds of matrices, and the copy of the window in so many planes as a panel has. */
export function winogradWeightGradientScratch(fields: Convolution): usize {
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
    (<usize>(<i32>fields.imageStep * windowRows) * rowBytes(windowColumns)) * max(min(<i32>fields.channels, COLUMNS), ROWS)
  );
}

/** One part of the gradient of a group's weight: of some filters and channels, the sum over its slabs. */
export function winogradWeightGradient(fields: Convolution, block: i32, scratch: usize): void {
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
  const planes = scratch + PLANES;
  const slab = changetype<Slab>(scratch + SLAB);
  const window = changetype<Window>(scratch + WINDOW);
  const region = changetype<Region>(scratch + REGION);
  const largest = scratch + LARGEST;
  memory.fill(largest, 0, (CHANNEL_LIMIT + FILTER_LIMIT) << 5);
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
      min(channels, COLUMNS),
      groups * allChannels,
      <i32>fields.height,
      <i32>fields.width,
      slab.firstRow * TILE - <i32>fields.paddingY,
      slab.rows * TILE + REACH - TILE,
      slab.firstColumn * TILE - <i32>fields.paddingX,
      slab.columns * TILE + REACH - TILE,
    );
    fillPositions(offsets, slab.images, window.image, slab.rows, window.row * TILE, slab.columns, TILE << 2);
    region.place(fields, slab, false);
    const firstInput = (slab.firstImage * groups + group) * allChannels + firstChannel;
    for (let c = 0; c < channels; c += COLUMNS) {
      const present = min(COLUMNS, channels - c);
      for (let i = c; i < c + present; i++) {
        region.raise(largest + (<usize>i << 5), group * allChannels + firstChannel + i, slab.images);
      }
      const source = window.open(room, <usize>fields.x, firstInput + c, present, slab.images);
      fillPlanes(planes, window, present);
      transformInputs(window, source, planes, offsets, tiles, inputs + ((<usize>c * tiles) << 2), inputStep, scratch);
    }
    window.place(
      ROWS,
      groups * allFilters,
      <i32>fields.outHeight,
      <i32>fields.outWidth,
      slab.firstRow * TILE,
      slab.rows * TILE,
      slab.firstColumn * TILE,
      slab.columns * TILE,
    );
    fillPositions(offsets, slab.images, window.image, slab.rows, window.row * TILE, slab.columns, TILE << 2);
    region.place(fields, slab, true);
    const firstSlope = (slab.firstImage * groups + group) * allFilters + firstFilter;
    for (let f = 0; f < filters; f += ROWS) {
      const present = min(ROWS, filters - f);
      for (let i = f; i < f + present; i++) {
        const at = largest + (<usize>(CHANNEL_LIMIT + i) << 5);
        region.raise(at, group * allFilters + firstFilter + i, slab.images);
      }
      const source = window.open(room, <usize>fields.out, firstSlope + f, present, slab.images);
      fillPlanes(planes, window, present);
      transformSlopes(window, source, planes, offsets, tiles, slopes + ((<usize>f * tiles) << 2), slopeStep, scratch);
    }
    const start = index == firstSlab ? zeros : 0;
    for (let point = 0; point < POINTS; point++) {
      const a = slopes + <usize>point * slopeStep;
      const b = inputs + <usize>point * inputStep;
      multiplyTiles(filterPanels, channelPanels, tiles, a, b, sums + <usize>point * sumStep, start);
    }
  }

  condense(largest, CHANNEL_LIMIT + FILTER_LIMIT);
  const positions = countPositions(fields, slab, firstSlab, lastSlab, rows, columns);
  const digits: i32 = 31 - clz<i32>(positions);
  const limit = SPREAD + <f32>digits;
  for (let i = 0; i < CHANNEL_LIMIT + FILTER_LIMIT; i++) f32.store(scratch + SPREADS + (<usize>i << 2), NaN);
  const empty = emptyTaps(fields);
  const weights = <usize>fields.shared + ((<usize>(part * groups + group) * allFilters * allChannels * 9) << 2);
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c += 4) {
      const tile = (c >> 3) * filterPanels + (f >> 2);
      const from = sums + (<usize>tile << 7) + (<usize>(f & 3) << 5);
      if (!(c & 4)) transformWeightSlopeColumns(c + 4 < channels, from, sumStep, scratch, LINE);
      const least = f32x4.mul(v128.load(largest + (<usize>c << 2)), v128.load32_splat(largest + (<usize>(CHANNEL_LIMIT + f) << 2)));
      const doubtful = transformWeightSlopeRows(scratch + (<usize>(c & 4) << 2), taps, f32x4.mul(least, f32x4.splat(PART)));
      let to = weights + ((<usize>((firstFilter + f) * allChannels + firstChannel + c) * 9) << 2);
      if (!doubtful && !empty && c + 4 <= channels) {
        storeFourWeights(to, taps);
        continue;
      }
      for (let lane = 0; lane < min(4, channels - c); lane++) {
        const values = taps + (<usize>lane << 2);
        let finite: f32 = 0;
        for (let tap = 0; tap < 9; tap++) {
          const value = f32.load(values + (<usize>tap << 4));
          finite += value * 0;
          f32.store(to + (<usize>tap << 2), empty & (1 << tap) ? 0 : value);
        }
        if (doubtful & (1 << lane)) {
          const ofInput = scratch + SPREADS + (<usize>(c + lane) << 2);
          const ofSlopes = scratch + SPREADS + (<usize>(CHANNEL_LIMIT + f) << 2);
          let spreads = f32.load(ofInput);
          if (isNaN(spreads)) {
            const plane = group * allChannels + firstChannel + c + lane;
            spreads = spreadOf(f32.load(largest + (<usize>(c + lane) << 2)), fields, false, plane, slab, region, firstSlab, lastSlab, rows, columns);
            f32.store(ofInput, spreads);
          }
          if (isNaN(f32.load(ofSlopes))) {
            const plane = group * allFilters + firstFilter + f;
            f32.store(
              ofSlopes,
              spreadOf(f32.load(largest + (<usize>(CHANNEL_LIMIT + f) << 2)), fields, true, plane, slab, region, firstSlab, lastSlab, rows, columns),
            );
          }
          spreads += f32.load(ofSlopes);
          // No typical number was found where this is NaN.
          if (finite == 0 && spreads <= limit) {
            to += 36;
            continue;
          }
          const filter = group * allFilters + firstFilter + f;
          const channel = group * allChannels + firstChannel + c + lane;
          // An infinity that meets padding alone shows in no sum of rows.
          finite = f32.load(largest + (<usize>(c + lane) << 2)) * 0 + f32.load(largest + (<usize>(CHANNEL_LIMIT + f) << 2)) * 0;
          if (finite == 0) {
            memory.fill(to, 0, 36);
            for (let index = firstSlab; index < lastSlab; index++) {
              slab.take(index, fields, rows, columns);
              correlateRows(fields, slab, filter, channel, to);
            }
            for (let tap: usize = 0; tap < 36; tap += 4) finite += f32.load(to + tap) * 0;
          }
          if (finite != 0) {
            memory.fill(to, 0, 36);
            for (let index = firstSlab; index < lastSlab; index++) {
              slab.take(index, fields, rows, columns);
              correlateTaps(fields, slab, filter, channel, to);
            }
          }
        }
        to += 36;
      }
    }
  }
}

/** Stores nine vectors as the nine numbers of four weights. */
function storeFourWeights(out: usize, taps: usize): void {
  for (let tap: usize = 0; tap < 32; tap += 16) {
    const from = taps + (tap << 2);
    storeTransposed(out + tap, 36, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
  }
  const last = v128.load(taps, 128);
  v128.store32_lane(out, last, 0, 32);
  v128.store32_lane(out, last, 1, 68);
  v128.store32_lane(out, last, 2, 104);
  v128.store32_lane(out, last, 3, 140);
}

/** The largest of each eight numbers, without gaps. */
function condense(largest: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const eight = largest + (<usize>i << 5);
    const four = i32x4.max_s(v128.load(eight), v128.load(eight, 16));
    const two = i32x4.max_s(four, v128.shuffle<f32>(four, four, 2, 3, 2, 3));
    const one = i32x4.max_s(two, v128.shuffle<f32>(two, two, 1, 1, 1, 1));
    v128.store32_lane(largest + (<usize>i << 2), one, 0);
  }
}

/** A bit for each tap that padding leaves no inputs, as where there is more of it before a plane than there are outputs. */
function emptyTaps(fields: Convolution): i32 {
  let taps = 0;
  for (let tap = 0; tap < 9; tap++) {
    const down = tap / 3 - <i32>fields.paddingY;
    const across = (tap % 3) - <i32>fields.paddingX;
    const hasRows = max(0, -down) < min(<i32>fields.outHeight, <i32>fields.height - down);
    const hasColumns = max(0, -across) < min(<i32>fields.outWidth, <i32>fields.width - across);
    if (!hasRows || !hasColumns) taps |= 1 << tap;
  }
  return taps;
}

/** How many outputs of one filter some slabs have; no more than 2^24. */
function countPositions(fields: Convolution, slab: Slab, first: i32, last: i32, rows: i32, columns: i32): i32 {
  let count: i64 = 1;
  for (let index = first; index < last; index++) {
    slab.take(index, fields, rows, columns);
    count += slab.size * TILE * TILE;
  }
  return <i32>min<i64>(count, 1 << 24);
}

/** The offsets of eight planes; where there is none the last one serves: nobody reads what it makes. */
function fillPlanes(table: usize, window: Window, present: i32): void {
  for (let i = 0; i < 8; i++) store<u32>(table + (<usize>i << 2), <u32>(<usize>min(i, present - 1) * window.plane));
}

/** Fills a panel of eight channels in each of the 36 matrices of inputs. */
function transformInputs(
  window: Window,
  source: usize,
  planes: usize,
  offsets: usize,
  tiles: i32,
  out: usize,
  outStep: usize,
  lines: usize,
): void {
  for (let at = offsets, end = offsets + (<usize>tiles << 2); at != end; at += 4) {
    transformInputRows(true, source + offsetAt(at, 0), planes, window.row, lines, STEP);
    transformInputColumns(true, lines, out, outStep);
    out += COLUMNS << 2;
  }
}

/** Fills a panel of four filters in each of the 36 matrices of slopes: those of two tiles lie side by side. */
function transformSlopes(
  window: Window,
  source: usize,
  planes: usize,
  offsets: usize,
  tiles: i32,
  out: usize,
  outStep: usize,
  lines: usize,
): void {
  for (let t = 0; t < tiles; t += 2) {
    const second = t + 1 < tiles;
    const tile = source + offsetAt(offsets, t);
    const next = source + offsetAt(offsets, t + 1);
    if (wide && second && next == tile + 16) transformPairedSlopeRows(tile, planes, window.row, lines, STEP);
    else transformSlopeRows(second, tile, next, planes, window.row, lines, STEP);
    transformSlopeColumns(second, lines, out, outStep);
    out += ROWS << 3;
  }
}
