// The gradient of the weight is the adjoint of the convolution as a function of the weight:
//
//   Gᵀ [ Σ (Bᵀ d B) ⊙ (A y Aᵀ) ] G
//
// summed over all tiles d of the input and y of the output's gradient: 36 products of matrices as deep as there are
// tiles.
import { fillPositions, offsetAt, tableBytes } from '../convolution/tables';
import { copyWindow } from '../convolution/window';
import { COLUMNS, multiplyTile, ROWS } from '../gemm';
import { ceilDiv } from '../task';
import { correlateTaps } from './directly';
import { mostTiles, REACH, SLAB_BYTES, Slab, slabCount, spread, TILE, Winograd } from './fields';
import { LINES_BYTES, POINTS, transformInput, transformSlopes, transformWeightSlopes } from './transforms';

/** Filters and channels of a block, whose sums fill half a second-level cache. */
const FILTER_LIMIT: i32 = 64;
const CHANNEL_LIMIT: i32 = 64;

/** A block for every part of every group's filters and channels. */
export function winogradWeightGradientBlocks(task: usize): i32 {
  const fields = changetype<Winograd>(task);
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

/** Room for the lines of a transform, four zeros, nine vectors, the slab, a table, the three kinds of matrices, and windows. */
export function winogradWeightGradientScratch(task: usize): usize {
  const fields = changetype<Winograd>(task);
  const tiles = mostTiles(fields);
  const filterPanels = ceilDiv(min(<i32>fields.filters, FILTER_LIMIT), ROWS);
  const channelPanels = ceilDiv(min(<i32>fields.channels, CHANNEL_LIMIT), COLUMNS);
  const windowRows = <i32>fields.rowStep * TILE + REACH - TILE;
  const windowColumns = <i32>fields.columnStep * TILE + REACH - TILE;
  return (
    LINES_BYTES +
    64 +
    192 +
    SLAB_BYTES +
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
  const fields = changetype<Winograd>(task);
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
  const slabs = <i64>slabCount(fields);
  const firstSlab = <i32>((slabs * part) / parts);
  const lastSlab = <i32>((slabs * (part + 1)) / parts);

  const zeros = scratch + LINES_BYTES;
  const taps = zeros + 64;
  const slab = changetype<Slab>(taps + 192);
  const offsets = taps + 192 + SLAB_BYTES;
  const most = mostTiles(fields);
  const inputs = offsets + tableBytes(most);
  const inputStep = inputMatrixBytes(channelPanels, most);
  const slopes = inputs + POINTS * inputStep;
  const slopeStep = slopeMatrixBytes(filterPanels, most);
  const sums = slopes + POINTS * slopeStep;
  const sumStep = sumMatrixBytes(filterPanels, channelPanels);
  const window = sums + POINTS * sumStep;
  v128.store(zeros, f32x4.splat(0));

  for (let index = firstSlab; index < lastSlab; index++) {
    slab.take(index, fields);
    const tiles = slab.tiles;
    transformPlanes(
      slab,
      <usize>fields.source,
      groups * allChannels,
      group * allChannels + firstChannel,
      channels,
      <i32>fields.height,
      <i32>fields.width,
      <i32>fields.paddingY,
      <i32>fields.paddingX,
      false,
      inputs,
      inputStep,
      offsets,
      window,
      scratch,
    );
    transformPlanes(
      slab,
      <usize>fields.out,
      groups * allFilters,
      group * allFilters + firstFilter,
      filters,
      <i32>fields.outHeight,
      <i32>fields.outWidth,
      0,
      0,
      true,
      slopes,
      slopeStep,
      offsets,
      window,
      scratch,
    );
    const start = index == firstSlab ? zeros : 0;
    for (let point = 0; point < POINTS; point++) {
      let b = inputs + <usize>point * inputStep;
      let to = sums + <usize>point * sumStep;
      for (let panel = 0; panel < channelPanels; panel++) {
        let a = slopes + <usize>point * slopeStep;
        for (let f = 0; f < filterPanels; f++) {
          multiplyTile(tiles, a, b, to, 32, start);
          a += <usize>tiles << 4;
          to += 128;
        }
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
            slab.take(index, fields);
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

/**
 * Fills 36 matrices of tiles and planes, four planes at a time: of inputs in panels of eight, or of the output's
 * gradient in panels of four.
 */
function transformPlanes(
  slab: Slab,
  source: usize,
  imagePlanes: i32,
  firstPlane: i32,
  planes: i32,
  height: i32,
  width: i32,
  paddingY: i32,
  paddingX: i32,
  isGradient: bool,
  out: usize,
  outStep: usize,
  offsets: usize,
  window: usize,
  lines: usize,
): void {
  const rest = isGradient ? 0 : REACH - TILE;
  const windowRows = slab.rows * TILE + rest;
  const windowColumns = slab.columns * TILE + rest;
  const row = <usize>windowColumns << 2;
  const windowPlane = <usize>windowRows * row;
  const plane = (<usize>height * width) << 2;
  const tiles = slab.tiles;
  const end = offsets + (<usize>tiles << 2);
  const lines8 = isGradient ? ceilDiv(planes, ROWS) * ROWS : ceilDiv(planes, COLUMNS) * COLUMNS;
  fillPositions(offsets, slab.images, windowPlane << 2, slab.rows, row * TILE, slab.columns, TILE << 2);
  for (let p = 0; p < lines8; p += 4) {
    const present = min(4, planes - p);
    for (let i = 0; i < slab.images; i++) {
      copyWindow(
        window + <usize>i * (windowPlane << 2),
        source + <usize>((slab.firstImage + i) * imagePlanes + firstPlane + p) * plane,
        present,
        height,
        width,
        slab.firstRow * TILE - paddingY,
        windowRows,
        slab.firstColumn * TILE - paddingX,
        windowColumns,
      );
    }
    // Where there is no plane the last one serves: nobody reads what it makes.
    const w1 = window + min(1, max(0, present - 1)) * windowPlane;
    const w2 = window + min(2, max(0, present - 1)) * windowPlane;
    const w3 = window + min(3, max(0, present - 1)) * windowPlane;
    if (isGradient) {
      let to = out + ((<usize>p * tiles) << 2);
      for (let at = offsets; at != end; at += 4) {
        const offset = offsetAt(at, 0);
        transformSlopes(window + offset, w1 + offset, w2 + offset, w3 + offset, row, to, outStep, lines);
        to += 16;
      }
    } else {
      let to = out + ((<usize>(p & ~7) * tiles) << 2) + (<usize>(p & 4) << 2);
      for (let at = offsets; at != end; at += 4) {
        const offset = offsetAt(at, 0);
        transformInput(window + offset, w1 + offset, w2 + offset, w3 + offset, row, to, outStep, lines);
        to += 32;
      }
    }
  }
}
