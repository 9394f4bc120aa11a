import type { Kernels, Operand } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import type { ScalarType } from '../wgsl/program.js';

const GROUP = 256;
/** Rows up to this length are ordered by counting what comes before every element; longer ones by a network. */
const COUNTED = 2048;

/** The order of elements: by size, where NaN is the largest, then by position. */
const order = (type: ScalarType, largest: boolean): string =>
  `fn comesBefore(w: ${type}, other: u32, v: ${type}, own: u32) -> bool {
  ${
    type === 'f32'
      ? `if (isNan(v)) { return ${largest ? 'isNan(w) && other < own' : '!isNan(w) || other < own'}; }
  if (isNan(w)) { return ${largest}; }`
      : ''
  }
  return w ${largest ? '>' : '<'} v || (w == v && other < own);
}`;

/** Every element finds its rank among those of its row. */
const ranking = kernel('topk', ({ type, largest }: { type: ScalarType; largest: boolean }) => ({
  reads: { x: type },
  writes: { out: 'i32' },
  parameters: { count: 'u32', length: 'u32', kept: 'u32' },
  workgroupSize: GROUP,
  declarations: order(type, largest),
  body: `if (index >= p.count) { return; }
let row = index / p.length;
let own = index % p.length;
let v = x[index];
var rank = 0u;
for (var other = 0u; other < p.length; other++) {
  if (comesBefore(x[row * p.length + other], other, v, own)) { rank++; }
}
if (rank < p.kept) { out[row * p.kept + rank] = i32(own); }`,
}));

const numbering = kernel('positions', () => ({
  reads: {},
  writes: { positions: 'u32' },
  parameters: { count: 'u32', room: 'u32' },
  workgroupSize: GROUP,
  body: 'if (index < p.count) { positions[index] = index % p.room; }',
}));

/** Pairs at a distance are put in order, in every other block backward; places beyond the row come last. */
const exchanging = kernel('exchange', ({ type, largest }: { type: ScalarType; largest: boolean }) => ({
  reads: { x: type },
  writes: { positions: 'u32' },
  parameters: { count: 'u32', length: 'u32', room: 'u32', distance: 'u32', blockLength: 'u32' },
  workgroupSize: GROUP,
  declarations: order(type, largest),
  body: `if (index >= p.count) { return; }
let pair = index / p.distance * 2u * p.distance + index % p.distance;
let row = pair / p.room * p.length;
let isBackward = ((pair % p.room) & p.blockLength) != 0u;
let own = positions[pair];
let other = positions[pair + p.distance];
var isOrdered = own < other;
if (own < p.length && other < p.length) { isOrdered = comesBefore(x[row + own], own, x[row + other], other); }
if (isOrdered == isBackward) {
  positions[pair] = other;
  positions[pair + p.distance] = own;
}`,
}));

const picking = kernel('first positions', () => ({
  reads: { positions: 'u32' },
  writes: { out: 'i32' },
  parameters: { count: 'u32', kept: 'u32', room: 'u32' },
  workgroupSize: GROUP,
  body: 'if (index < p.count) { out[index] = i32(positions[index / p.kept * p.room + index % p.kept]); }',
}));

/** Positions in the order of their elements. */
export function sortKernels(executor: Executor): Pick<Kernels, 'topk'> {
  /**
   * Batcher's bitonic network ("Sorting networks and their applications", AFIPS 1968): blocks of 2, 4, 8, … are sorted, every
   * other one backward.
   */
  const sort = (x: Operand, indices: Operand, length: number, largest: boolean): void => {
    const rows = x.size / length;
    const room = 2 ** Math.ceil(Math.log2(length));
    executor.withTemporary('int32', rows * room, (positions) => {
      const count = rows * room;
      executor.run(
        numbering,
        {},
        { reads: [], writes: [positions], parameters: { count, room }, groups: Math.ceil(count / GROUP) },
      );
      for (let block = 2; block <= room; block *= 2) {
        for (let distance = block / 2; distance >= 1; distance /= 2) {
          executor.run(
            exchanging,
            { type: scalarType(x), largest },
            {
              reads: [x],
              writes: [positions],
              parameters: { count: count / 2, length, room, distance, blockLength: block },
              groups: Math.ceil(count / 2 / GROUP),
            },
          );
        }
      }
      executor.run(
        picking,
        {},
        {
          reads: [positions],
          writes: [indices],
          parameters: { count: indices.size, kept: indices.shape.at(-1)!, room },
          groups: Math.ceil(indices.size / GROUP),
        },
      );
    });
  };
  return {
    topk(x, indices, largest) {
      if (indices.size === 0) return;
      const length = x.shape.at(-1)!;
      if (length > COUNTED) {
        sort(x, indices, length, largest);
        return;
      }
      executor.run(
        ranking,
        { type: scalarType(x), largest },
        {
          reads: [x],
          writes: [indices],
          parameters: { count: x.size, length, kept: indices.shape.at(-1)! },
          groups: Math.ceil(x.size / GROUP),
          operations: x.size * length,
        },
      );
    },
  };
}
