import type { ConvolutionGeometry, Operand } from '../../../kernels.js';
import type { ConvolutionSizes } from '../../convolution-sizes.js';
import type { Executor } from '../executor.js';
import type { Workspace } from '../workspace.js';
import { convolutionFields, type SlabSteps, slabSteps } from './convolution-sizes.js';
import { runPacked } from './packed-weights.js';

/** Tiles of a panel of the products of matrices: whole panels waste nothing. */
const PANEL_COLUMNS = 8;
/** The side of a tile, its products, and the numbers of a 3×3 window. */
const TILE = 4;
const POINTS = 36;
const TAPS = 9;

/** Tiles of a slab: as many as let its transforms stay in a second-level cache. */
const FEWEST_TILES = 16;
const MAX_TILES = 64;
const SLAB_BYTES = 393216;

/** The gradient of a weight is computed in at most so many blocks, and in parts of so many tiles at least. */
const MAX_BLOCKS = 16;
const TILES_PER_PART = 128;

function tilesOf({ outHeight, outWidth }: ConvolutionSizes): [rows: number, columns: number] {
  return [Math.ceil(outHeight / TILE), Math.ceil(outWidth / TILE)];
}

/** Images, rows and columns of tiles that a slab has. */
export function tileSteps(sizes: ConvolutionSizes): SlabSteps {
  const fitting = SLAB_BYTES / (POINTS * 4 * (sizes.channels + sizes.filters));
  const limit = Math.floor(Math.min(MAX_TILES, Math.max(FEWEST_TILES, fitting)) / PANEL_COLUMNS) * PANEL_COLUMNS;
  return slabSteps(sizes.images, ...tilesOf(sizes), { least: PANEL_COLUMNS, target: limit, limit });
}

/** How many sums the gradient of the weight is cut into, where each is computed in so many blocks. */
export function tileParts(sizes: ConvolutionSizes, blocks: number): number {
  const [rows, columns] = tilesOf(sizes);
  return Math.min((sizes.images * rows * columns) / TILES_PER_PART, MAX_BLOCKS / blocks);
}

/**
 * Whether a convolution is one that the transforms are for, and faster with them: a tile takes 36 products for each channel
 * and filter instead of 9 for each position that it has inside the plane; its transforms take as long as 216 products for
 * each channel and each filter, and the sums of a filter's products as long as three more to begin with (measured; all
 * divided by 9 here).
 */
export function takesWinograd(
  { images, channels, filters, outHeight, outWidth }: ConvolutionSizes,
  { kernel, stride, dilation }: ConvolutionGeometry,
): boolean {
  if (kernel.some((each) => each !== 3) || [...stride, ...dilation].some((each) => each !== 1)) return false;
  const tiles = Math.ceil(outHeight / TILE) * Math.ceil(outWidth / TILE);
  const transformed = 4 * (channels + 3) * filters + 24 * (channels + filters);
  return images > 0 && tiles * transformed < outHeight * outWidth * channels * filters;
}

/** A convolution of float32 through transforms; of the output's gradient, turned round, for that of the input. */
export function convolveByTiles(
  executor: Executor,
  workspace: Workspace,
  operands: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  geometry: ConvolutionGeometry,
  isTurned: boolean,
): void {
  const { channels, filters } = sizes;
  const [paddingY, paddingX] = geometry.padding;
  const padding = isTurned ? ([2 - paddingY, 2 - paddingX] as const) : geometry.padding;
  const steps = tileSteps(sizes);
  runPacked(executor, workspace, ['winogradPack', 'winogradConvolution'], (packed) => [
    ...convolutionFields(packed, operands, sizes, { ...geometry, padding }, steps),
    (isTurned ? 1 : channels) * TAPS * 4,
    (isTurned ? filters : 1) * TAPS * 4,
    isTurned ? (TAPS - 1) * 4 : 0,
    isTurned ? -4 : 4,
    Number(!isTurned),
  ]);
}
