// 3×3 convolutions with stride 1, and the gradients of their inputs, which are such convolutions of the output's gradient
// with the weight turned round and transposed.
import { fillPositions, offsetAt, tableBytes } from '../convolution/tables';
import { copyWindow } from '../convolution/window';
import { COLUMNS, multiplyTile, ROWS } from '../gemm';
import { gather, storeSome } from '../simd';
import { ceilDiv } from '../task';
import { convolveTile } from './directly';
import { mostTiles, REACH, SLAB_BYTES, Slab, slabCount, spread, TILE, Winograd, weightMatrixBytes } from './fields';
import { LINES_BYTES, POINTS, transformInput, transformOutput, transformWeight } from './transforms';

/** Filters whose products are in memory at the same time. */
const FILTER_LIMIT: i32 = 64;

/** A block for every four filters of a group. */
export function winogradPackBlocks(task: usize): i32 {
  const fields = changetype<Winograd>(task);
  return <i32>fields.groups * ceilDiv(<i32>fields.filters, ROWS);
}

export function winogradPackScratch(task: usize): usize {
  return LINES_BYTES + 192;
}

/** Transforms the weights: for each of the 36 products a matrix of filters and channels, in panels of four filters. */
export function winogradPack(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Winograd>(task);
  const filters = <i32>fields.filters;
  const channels = <i32>fields.channels;
  const panels = ceilDiv(filters, ROWS);
  const group = block / panels;
  const panel = block % panels;
  const present = filters - panel * ROWS;
  const distance = weightMatrixBytes(fields);
  const filterStep = <isize>fields.filterStep;
  const tapStep = <isize>fields.tapStep;
  const taps = scratch + LINES_BYTES;
  let first = <usize>fields.weight + ((<usize>group * filters * channels * 9) << 2) + <isize>fields.firstTap;
  first += panel * ROWS * filterStep;
  let out = <usize>fields.shared + <usize>(group * POINTS) * distance + (<usize>(panel * channels) << 4);
  for (let c = 0; c < channels; c++) {
    let w0 = first;
    let w1 = w0 + min(1, present - 1) * filterStep;
    let w2 = w0 + min(2, present - 1) * filterStep;
    let w3 = w0 + min(3, present - 1) * filterStep;
    for (let to = taps, end = taps + 144; to != end; to += 16) {
      v128.store(to, gather(w0, w1, w2, w3));
      w0 += tapStep;
      w1 += tapStep;
      w2 += tapStep;
      w3 += tapStep;
    }
    transformWeight(taps, out, distance, scratch);
    first += <isize>fields.channelStep;
    out += 16;
  }
}

/** Bytes of the window of a slab in one plane, and of those of all its images. */
// @ts-ignore: decorator
@inline
function windowBytes(rows: i32, columns: i32): usize {
  return (<usize>(rows * TILE + REACH - TILE) * <usize>(columns * TILE + REACH - TILE)) << 2;
}

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

export function winogradConvolutionBlocks(task: usize): i32 {
  const fields = changetype<Winograd>(task);
  return <i32>fields.groups * slabCount(fields);
}

/** Room for the lines of a transform, four zeros, four tiles, the slab, two tables, source, products, and a window. */
export function winogradConvolutionScratch(task: usize): usize {
  const fields = changetype<Winograd>(task);
  const tiles = mostTiles(fields);
  const panels = ceilDiv(tiles, COLUMNS);
  return (
    LINES_BYTES +
    64 +
    256 +
    SLAB_BYTES +
    2 * tableBytes(tiles) +
    POINTS * sourceMatrixBytes(panels, <i32>fields.channels) +
    POINTS * productMatrixBytes(panels, <i32>fields.filters) +
    <usize>fields.imageStep * windowBytes(<i32>fields.rowStep, <i32>fields.columnStep)
  );
}

/** One slab of one group of the output. */
export function winogradConvolution(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Winograd>(task);
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const group = block % groups;
  const zeros = scratch + LINES_BYTES;
  const tilesAtEdge = zeros + 64;
  const slab = changetype<Slab>(tilesAtEdge + 256);
  slab.take(block / groups, fields);
  const tiles = slab.tiles;
  const panels = ceilDiv(tiles, COLUMNS);
  const windowOffsets = tilesAtEdge + 256 + SLAB_BYTES;
  const outOffsets = windowOffsets + tableBytes(tiles);
  const source = outOffsets + tableBytes(tiles);
  const sourceStep = sourceMatrixBytes(panels, channels);
  const products = source + POINTS * sourceStep;
  const productStep = productMatrixBytes(panels, filters);
  const window = products + POINTS * productStep;
  v128.store(zeros, f32x4.splat(0));

  transformSource(fields, slab, group, scratch, windowOffsets, window, source, sourceStep);
  const outRow = <usize>fields.outWidth << 2;
  const outPlane = <usize>fields.outHeight * outRow;
  fillPositions(
    outOffsets,
    slab.images,
    <usize>(groups * filters) * outPlane,
    slab.rows,
    outRow * TILE,
    slab.columns,
    TILE << 2,
  );
  const weightStep = weightMatrixBytes(fields);
  const weights = <usize>fields.shared + <usize>(group * POINTS) * weightStep;
  for (let first = 0; first < filters; first += FILTER_LIMIT) {
    const some = min(FILTER_LIMIT, filters - first);
    for (let point = 0; point < POINTS; point++) {
      let b = source + <usize>point * sourceStep;
      let to = products + <usize>point * productStep;
      for (let panel = 0; panel < panels; panel++) {
        let a = weights + <usize>point * weightStep + ((<usize>first * channels) << 2);
        for (let f = 0; f < some; f += ROWS) {
          multiplyTile(channels, a, b, to, 32, zeros);
          a += <usize>channels << 4;
          to += 128;
        }
        b += <usize>channels << 5;
      }
    }
    for (let f = 0; f < some; f++) {
      storeFilter(
        fields,
        slab,
        group * filters + first + f,
        products + (<usize>f << 5),
        productStep,
        <usize>(ceilDiv(some, ROWS) * ROWS) << 5,
        outOffsets,
        scratch,
      );
    }
  }
}

/** Fills the 36 matrices of channels and tiles, in panels of eight tiles. */
function transformSource(
  fields: Winograd,
  slab: Slab,
  group: i32,
  lines: usize,
  offsets: usize,
  window: usize,
  out: usize,
  outStep: usize,
): void {
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const tiles = slab.tiles;
  const windowRows = slab.rows * TILE + REACH - TILE;
  const windowColumns = slab.columns * TILE + REACH - TILE;
  const row = <usize>windowColumns << 2;
  const windowPlane = windowBytes(slab.rows, slab.columns);
  const plane = (<usize>height * width) << 2;
  const image = <usize>(<i32>fields.groups * channels) * plane;
  let from = <usize>fields.source + <usize>slab.firstImage * image + <usize>(group * channels) * plane;
  fillPositions(offsets, slab.images, windowPlane, slab.rows, row * TILE, slab.columns, TILE << 2);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < slab.images; i++) {
      copyWindow(
        window + <usize>i * windowPlane,
        from + <usize>i * image,
        1,
        height,
        width,
        slab.firstRow * TILE - <i32>fields.paddingY,
        windowRows,
        slab.firstColumn * TILE - <i32>fields.paddingX,
        windowColumns,
      );
    }
    for (let t = 0; t < tiles; t += 4) {
      const at = offsets + (<usize>t << 2);
      transformInput(
        window + offsetAt(at, 0),
        window + offsetAt(at, 1),
        window + offsetAt(at, 2),
        window + offsetAt(at, 3),
        row,
        out + (<usize>(t >> 3) * (<usize>channels << 5)) + (<usize>(t & 4) << 2),
        outStep,
        lines,
      );
    }
    from += plane;
    out += 32;
  }
}

/** Makes the tiles of one filter from their products. */
function storeFilter(
  fields: Winograd,
  slab: Slab,
  filter: i32,
  products: usize,
  productStep: usize,
  panelStep: usize,
  outOffsets: usize,
  scratch: usize,
): void {
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const groups = <i32>fields.groups;
  const filters = <i32>fields.filters;
  const row = <usize>outWidth << 2;
  const bias = <usize>fields.bias;
  const plus = bias ? v128.load32_splat(bias + (<usize>filter << 2)) : f32x4.splat(0);
  const place =
    ((<usize>slab.firstImage * groups * filters + filter) * outHeight + slab.firstRow * TILE) * outWidth +
    slab.firstColumn * TILE;
  const out = <usize>fields.out + (place << 2);
  const tiles = slab.tiles;
  const edge = scratch + LINES_BYTES + 64;
  const whole =
    (slab.firstRow + slab.rows) * TILE <= outHeight && (slab.firstColumn + slab.columns) * TILE <= outWidth;
  for (let t = 0; t < tiles; t += 4) {
    const from = products + <usize>(t >> 3) * panelStep + (<usize>(t & 4) << 2);
    const offsets = outOffsets + (<usize>t << 2);
    let finite: bool;
    if (whole && t + 4 <= tiles) {
      finite = transformOutput(
        from,
        productStep,
        plus,
        out + offsetAt(offsets, 0),
        out + offsetAt(offsets, 1),
        out + offsetAt(offsets, 2),
        out + offsetAt(offsets, 3),
        row,
        scratch,
      );
    } else {
      finite = transformOutput(from, productStep, plus, edge, edge + 64, edge + 128, edge + 192, 16, scratch);
      for (let i = 0; i < min(4, tiles - t); i++) {
        const rest = (t + i) % (slab.rows * slab.columns);
        const rows = min(TILE, outHeight - (slab.firstRow + rest / slab.columns) * TILE);
        const columns = min(TILE, outWidth - (slab.firstColumn + (rest % slab.columns)) * TILE);
        let tile = edge + (<usize>i << 6);
        let to = out + offsetAt(offsets, i);
        for (let y = 0; y < rows; y++) {
          storeSome(to, v128.load(tile), columns);
          tile += 16;
          to += row;
        }
      }
    }
    if (!finite) {
      for (let i = 0; i < min(4, tiles - t); i++) {
        const tile = t + i;
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
  }
}
