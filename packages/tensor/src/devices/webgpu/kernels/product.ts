import type { Operand } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import type { Kernel, Variant } from '../pipelines.js';
import { type TileName, tileOf } from '../wgsl/gemm.js';
import { reduce } from './reduction.js';

/** Workgroups that keep a large GPU busy: two for each of some 130 processors. */
const BUSY = 256;
/** The least depth of a part that is worth a workgroup. */
const PART_DEPTH = 256;

/** The sizes of products. */
export interface ProductSizes {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** How a product is cut: its tile, and the number of parts of its depth that are summed up afterwards. */
export interface Cut {
  readonly tile: TileName;
  readonly parts: number;
}

let forced: Partial<Cut> = {};

/** From now on products are cut like this, for tests and benchmarks; `{}` gives the choice back. */
export function forceCut(cut: Partial<Cut>): void {
  forced = cut;
}

/** The tiles that are chosen from, the one first that reads least for what it computes. */
export const tileNames: readonly TileName[] = [
  '128x128x16/8x8',
  '64x128x16/8x8',
  '128x64x16/8x8',
  '64x64x16/8x4',
  '32x32x16/4x4',
];
const smallest = tileNames.at(-1)!;

function tilesOf(name: TileName, { matrices, rows, columns }: ProductSizes): number {
  const { rows: height, columns: width } = tileOf(name);
  return matrices * Math.ceil(rows / height) * Math.ceil(columns / width);
}

/** The largest tile that is filled, and that leaves work for all processors; depth is cut where that is not so. */
export function cutOf(isSoftware: boolean, type: string, sizes: ProductSizes): Cut {
  const { rows, columns, depth } = sizes;
  const fits = (name: TileName): boolean => {
    const { rows: height, columns: width } = tileOf(name);
    return rows > 0.75 * height - 1 && columns > 0.75 * width - 1;
  };
  const choose = (): TileName => {
    if (isSoftware || type !== 'f32') return 'registers';
    const fitting = tileNames.filter((name) => fits(name) || name === smallest);
    const most = Math.max(1, Math.floor(depth / PART_DEPTH));
    return fitting.find((name) => tilesOf(name, sizes) * most >= BUSY) ?? smallest;
  };
  const tile = forced.tile ?? choose();
  const wanted = Math.ceil((isSoftware ? 16 : BUSY) / tilesOf(tile, sizes));
  const parts = forced.parts ?? Math.min(wanted, Math.floor(depth / PART_DEPTH));
  return { tile, parts: Math.max(1, Math.min(parts, depth)) };
}

/** A call of a kernel made by `gemm`. */
export interface ProductLaunch {
  readonly sizes: ProductSizes;
  readonly reads: readonly Operand[];
  readonly out: Operand;
  /** Those of the loaders and stores, which put the outputs of each part behind those of the one before. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** Computes products, and sums the parts up in order where there are several. */
export function multiply<V extends Variant>(
  executor: Executor,
  kernel: Kernel<V & { readonly tile: TileName }>,
  variant: V,
  { sizes, reads, out, parameters }: ProductLaunch,
): void {
  const { matrices, rows, columns, depth } = sizes;
  const { tile: name, parts } = cutOf(executor.isSoftware, scalarType(out), sizes);
  const tile = tileOf(name);
  const partDepth = Math.ceil(depth / parts / tile.depth) * tile.depth;
  const count = Math.ceil(depth / partDepth);
  const rowTiles = Math.ceil(rows / tile.rows);
  const columnTiles = Math.ceil(columns / tile.columns);
  const launch = (target: Operand): void =>
    executor.run(
      kernel,
      { ...variant, tile: name },
      {
        reads,
        writes: [target],
        parameters: {
          rows,
          columns,
          depth,
          rowTiles,
          columnTiles,
          parts: count,
          partDepth,
          outSize: out.size,
          ...parameters,
        },
        groups: matrices * rowTiles * columnTiles * count,
        operations: 2 * matrices * rows * columns * depth,
      },
    );
  if (count === 1) {
    launch(out);
    return;
  }
  executor.withTemporary(out.dtype, count * out.size, (partial) => {
    launch(partial);
    reduce(executor, 'sum', partial, out, { outer: 1, length: count, inner: out.size });
  });
}
