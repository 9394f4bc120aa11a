import type { Operand } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import type { Kernel, Variant } from '../pipelines.js';
import { type Cut, invocationsOf, type TileName, tileOf } from '../wgsl/gemm.js';
import type { ScalarType } from '../wgsl/program.js';
import { reduce } from './reduction.js';

/** The least depth of a part that is worth a workgroup. */
const PART_DEPTH = 256;
/** The most parts. */
const MOST_PARTS = 128;
/** Processors of a large GPU, which take workgroups in turns: the last turn leaves some of them idle. */
const PROCESSORS = 132;
/** Invocations that a processor needs at a time to be busy. */
const INVOCATIONS = 320;
/** What it takes to begin and to end a workgroup, as so much more depth. */
const DEPTH_AROUND = 64;
/** Operations in the time that one element of a part takes, which is written and read once more. */
const OPERATIONS_PER_ELEMENT = 80;
/** Operations in the time that the sum of the parts takes to be launched. */
const OPERATIONS_PER_SUM = 1e8;
/** On a processor, operations from which on a kernel that takes twice as long to compile, and half as long to run, is better. */
const WORTH_COMPILING = 2 ** 23;

/** The sizes of products. */
export interface ProductSizes {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** The tiles that are chosen from, with how fast they are where they are filled, from 0 to 1 (measured on an H200). */
const speeds: Readonly<Partial<Record<TileName, number>>> = {
  '128x128x8/8x8/8': 1,
  '64x64x16/8x4': 0.86,
  '32x32x16/4x4': 0.68,
};
/** Faster than the others where there are so many of them. */
const LARGEST: TileName = '128x256x8/8x16/4';
const MANY = 512;

/** The names of all of them. */
export const tileNames: readonly TileName[] = [LARGEST, ...(Object.keys(speeds) as TileName[])];

function tilesOf(name: TileName, { matrices, rows, columns }: ProductSizes): number {
  const { rows: height, columns: width } = tileOf(name);
  return matrices * Math.ceil(rows / height) * Math.ceil(columns / width);
}

/** About how many operations of the fastest tile take as long as the product does when it is cut like this. */
function costOf({ tile, parts }: Cut, sizes: ProductSizes): number {
  const { rows, columns, ...rest } = tileOf(tile);
  const turns = Math.ceil((tilesOf(tile, sizes) * parts) / PROCESSORS);
  const waiting = Math.max(1, INVOCATIONS / (turns * invocationsOf({ rows, columns, ...rest })));
  const depth = Math.ceil(sizes.depth / parts) + DEPTH_AROUND;
  const multiplying = (2 * PROCESSORS * turns * waiting * rows * columns * depth) / speeds[tile]!;
  if (parts === 1) return multiplying;
  return (
    multiplying + OPERATIONS_PER_SUM + OPERATIONS_PER_ELEMENT * parts * sizes.matrices * sizes.rows * sizes.columns
  );
}

function cheapest(sizes: ProductSizes): Cut {
  if (sizes.rows >= 128 && tilesOf(LARGEST, sizes) >= MANY) return { tile: LARGEST, parts: 1 };
  let best: Cut = { tile: '32x32x16/4x4', parts: 1 };
  let least = Number.POSITIVE_INFINITY;
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(sizes.depth / PART_DEPTH)));
  for (const tile of Object.keys(speeds) as TileName[]) {
    for (let parts = 1; parts <= most; parts++) {
      const cost = costOf({ tile, parts }, sizes);
      if (cost < least) {
        least = cost;
        best = { tile, parts };
      }
    }
  }
  return best;
}

const cuts = new Map<string, Cut>();

/** How a product is cut so that it takes the least time, about; as the executor says where it says something. */
export function cutOf({ isSoftware, cut }: Executor, type: ScalarType, sizes: ProductSizes): Cut {
  const { matrices, rows, columns, depth } = sizes;
  const key = `${matrices}|${rows}|${columns}|${depth}`;
  let chosen: Cut;
  if (isSoftware || type !== 'f32') {
    const isLarge = rows > 4 && columns > 4 && 2 * matrices * rows * columns * depth >= WORTH_COMPILING;
    const tile = isSoftware && isLarge ? 'registers/8x8' : 'registers/4x4';
    const parts = Math.min(Math.ceil(16 / tilesOf(tile, sizes)), Math.floor(depth / PART_DEPTH));
    chosen = { tile, parts };
  } else {
    chosen = cuts.get(key) ?? cheapest(sizes);
    cuts.set(key, chosen);
  }
  const { tile, parts } = { ...chosen, ...cut };
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
  const { tile: name, parts } = cutOf(executor, scalarType(out), sizes);
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
