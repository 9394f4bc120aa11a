import type { ConvolutionGeometry, Operand } from '../../kernels.js';
import type { ConvolutionSizes } from './convolution-sizes.js';
import { addressOf, type Executor } from './executor.js';
import type { Workspace } from './workspace.js';

const PANEL_ROWS = 4;
const PANEL_COLUMNS = 8;
/** The sides of a tile, its products, and the numbers of a 3×3 window. */
const TILE = 4;
const POINTS = 36;
const TAPS = 9;

/** Tiles of a slab: as many as let its transforms stay in a second-level cache. */
const FEWEST_TILES = 16;
const MOST_TILES = 64;
const SLAB_BYTES = 393216;
/** A convolution of enough tiles is cut into so many slabs at least, so that threads share them. */
const FEWEST_SLABS = 4;

/** Filters and channels of a block of the weight's gradient, as in kernels/winograd/weight-gradient.ts. */
const FILTER_LIMIT = 64;
const CHANNEL_LIMIT = 64;
/** The gradient of a weight is computed in at most so many blocks, and in parts of so many tiles at least. */
const MOST_BLOCKS = 16;
const TILES_PER_PART = 128;

/** `total` in as few parts of at most `limit` as possible, of equal size but for the rounding. */
function partSize(total: number, limit: number): number {
  return Math.ceil(total / Math.ceil(total / Math.max(1, limit)));
}

/** Images, rows and columns of tiles that a slab has. */
function slabSteps({ images, channels, filters, outHeight, outWidth }: ConvolutionSizes): [number, number, number] {
  const rows = Math.ceil(outHeight / TILE);
  const columns = Math.ceil(outWidth / TILE);
  const fitting = SLAB_BYTES / (POINTS * 4 * (channels + filters));
  const cached = Math.min(MOST_TILES, Math.max(FEWEST_TILES, fitting));
  const shared = Math.ceil((images * rows * columns) / FEWEST_SLABS);
  const limit = Math.ceil(Math.min(cached, shared) / PANEL_COLUMNS) * PANEL_COLUMNS;
  return [
    partSize(images, Math.floor(limit / (rows * columns))),
    partSize(rows, Math.floor(limit / columns)),
    partSize(columns, limit),
  ];
}

/**
 * Whether a convolution is one that the transforms are for, and faster with them: a tile takes 36 products for each channel
 * and filter instead of 9 for each position that it has inside the plane, and its transforms take as long as
 * 216 products for each channel and each filter (measured; all divided by 9 here).
 */
export function takesWinograd(
  { images, channels, filters, outHeight, outWidth }: ConvolutionSizes,
  { kernel, stride, dilation }: ConvolutionGeometry,
): boolean {
  if (kernel.some((each) => each !== 3) || [...stride, ...dilation].some((each) => each !== 1)) return false;
  const tiles = Math.ceil(outHeight / TILE) * Math.ceil(outWidth / TILE);
  const products = channels * filters;
  return images > 0 && tiles * (4 * products + 24 * (channels + filters)) < outHeight * outWidth * products;
}

/** Bytes between the 36 matrices of transformed weights: an odd number of cache lines, as in kernels/winograd/fields.ts. */
function weightMatrixBytes({ channels, filters }: ConvolutionSizes): number {
  const bytes = Math.ceil(filters / PANEL_ROWS) * PANEL_ROWS * channels * 4;
  return (Math.ceil(bytes / 64) * 64) | 64;
}

function fieldsOf(
  shared: number,
  [source, weight, bias, out]: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  padding: readonly [number, number],
  turned: boolean,
  parts: number,
): number[] {
  const { images, groups, channels, height, width, filters, outHeight, outWidth } = sizes;
  return [
    shared,
    addressOf(source),
    addressOf(weight),
    bias ? addressOf(bias) : 0,
    addressOf(out),
    images,
    groups,
    channels,
    height,
    width,
    filters,
    outHeight,
    outWidth,
    ...padding,
    ...slabSteps(sizes),
    (turned ? 1 : channels) * TAPS * 4,
    (turned ? filters : 1) * TAPS * 4,
    turned ? (TAPS - 1) * 4 : 0,
    turned ? -4 : 4,
    Number(!turned),
    parts,
  ];
}

/** A convolution of float32 through transforms; of the output's gradient, turned round, for that of the input. */
export function convolveByTiles(
  executor: Executor,
  workspace: Workspace,
  operands: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  padding: readonly [number, number],
  turned: boolean,
): void {
  const shared = workspace.reserve(sizes.groups * POINTS * weightMatrixBytes(sizes));
  const fields = fieldsOf(shared.pointer, operands, sizes, padding, turned, 0);
  executor.run('winogradPack', fields);
  executor.run('winogradConvolution', fields);
}

/** How many sums the gradient of the weight is cut into. */
export function weightGradientParts(sizes: ConvolutionSizes): number {
  const { images, groups, channels, filters, outHeight, outWidth } = sizes;
  const tiles = images * Math.ceil(outHeight / TILE) * Math.ceil(outWidth / TILE);
  const blocks = groups * Math.ceil(channels / CHANNEL_LIMIT) * Math.ceil(filters / FILTER_LIMIT);
  return Math.max(1, Math.floor(Math.min(tiles / TILES_PER_PART, MOST_BLOCKS / blocks)));
}

/** The gradient of the weight through transforms, in parts that are still to be added. */
export function weightGradientByTiles(
  executor: Executor,
  [source, gradient]: readonly [Operand, Operand],
  sums: number,
  parts: number,
  sizes: ConvolutionSizes,
  padding: readonly [number, number],
): void {
  executor.run(
    'winogradWeightGradient',
    fieldsOf(sums, [source, gradient, undefined, gradient], sizes, padding, false, parts),
  );
}
