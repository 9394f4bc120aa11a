import type { Kernels, Operand, ReductionLayout, ReductionName } from '../../../kernels.js';
import { histogramEdges } from '../../histogram-edges.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { vectorType } from '../wgsl/channels.js';
import type { ScalarType } from '../wgsl/program.js';
import { cutAxis, FOLDING, foldGroup, PART_VECTORS } from '../wgsl/reduce.js';
import { fill } from './elementwise.js';

const GROUP = 64;

interface Folding {
  readonly [key: string]: string | number | boolean;
  readonly name: ReductionName;
  readonly type: 'f32' | 'i32';
}

/** How elements are folded, one by one or four side by side. */
interface Fold {
  /** What is folded: integers in the order of the numbers for the extremes of floats, of which any may be NaN. */
  readonly type: 'f32' | 'i32';
  /** What changes nothing. */
  readonly start: string;
  readonly combine: (a: string, b: string) => string;
  /** An element, or a vector, as it is folded. */
  readonly read: (element: string) => string;
  /** A result as an element, or a vector. */
  readonly write: (folded: string) => string;
  /** The functions of both. */
  readonly declarations: string;
}

function foldOf({ name, type }: Folding, readWidth: 1 | 4, writeWidth: 1 | 4): Fold {
  const same = (value: string): string => value;
  const plain = { type, read: same, write: same, declarations: '' };
  if (name === 'sum') return { ...plain, combine: (a, b) => `${a} + ${b}`, start: `${type}(0)` };
  const [first, last] = name === 'max' ? ['(-2147483647 - 1)', '2147483647'] : ['2147483647', '(-2147483647 - 1)'];
  const combine = (a: string, b: string): string => `${name}(${a}, ${b})`;
  if (type === 'i32') return { ...plain, combine, start: first };
  const [ranks, shift] = [vectorType(readWidth, 'i32'), vectorType(readWidth, 'u32')];
  const [results, resultShift] = [vectorType(writeWidth, 'i32'), vectorType(writeWidth, 'u32')];
  // −0 comes before 0. NaN, whatever its bits, comes where it wins, and becomes NaN again from there.
  const declarations = `fn rankOf(v: ${vectorType(readWidth, 'f32')}) -> ${ranks} {
  let bits = bitcast<${ranks}>(v);
  let order = bits ^ ((bits >> ${shift}(31u)) & ${ranks}(0x7fffffff));
  return select(order, ${ranks}(${last}), (bits & ${ranks}(0x7fffffff)) > ${ranks}(0x7f800000));
}
fn numberOf(rank: ${results}) -> ${vectorType(writeWidth, 'f32')} {
  return bitcast<${vectorType(writeWidth, 'f32')}>(rank ^ ((rank >> ${resultShift}(31u)) & ${results}(0x7fffffff)));
}`;
  const [read, write] = ['rankOf', 'numberOf'].map((convert) => (value: string) => `${convert}(${value})`);
  return { type: 'i32', start: first, combine, read: read!, write: write!, declarations };
}

/** A part of a row a workgroup. */
const rowFolding = kernel('fold rows', (folding: Folding & { width: 1 | 4; ragged: boolean }) => {
  const { type, width, ragged } = folding;
  const fold = foldOf(folding, width, 1);
  const { combine } = fold;
  const read = fold.read('x[first + v]');
  const inside = ragged ? `select(none, ${read}, v * 4u + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(p.length))` : read;
  const value = width === 1 ? 'values' : combine(combine('values.x', 'values.y'), combine('values.z', 'values.w'));
  return {
    reads: { x: vectorType(width, type) },
    writes: { out: type },
    parameters: { length: 'u32', vectors: 'u32', parts: 'u32' },
    workgroupSize: FOLDING,
    declarations: `var<workgroup> folded: array<${fold.type}, ${FOLDING}>;
${fold.declarations}`,
    body: `let first = (block / p.parts) * p.vectors;
let begin = (block % p.parts) * ${PART_VECTORS}u;
let end = min(begin + ${PART_VECTORS}u, p.vectors);
let none = ${vectorType(width, fold.type)}(${fold.start});
var values = none;
for (var v = begin + local; v < end; v += ${FOLDING}u) {
  let next = ${inside};
  values = ${combine('values', 'next')};
}
${foldGroup('folded', value, combine)}
if (local == 0u) { out[block] = ${fold.write('folded[0]')}; }`,
  };
});

/** Every `parts`-th element of a column, or of four side by side, an invocation; the next is on its way meanwhile. */
const columnFolding = kernel('fold columns', (folding: Folding & { width: 1 | 4 }) => {
  const { type, width } = folding;
  const vector = vectorType(width, type);
  const fold = foldOf(folding, width, width);
  return {
    reads: { x: vector },
    writes: { out: vector },
    parameters: { count: 'u32', length: 'u32', inner: 'u32', parts: 'u32' },
    workgroupSize: GROUP,
    declarations: fold.declarations,
    body: `if (index >= p.count) { return; }
let column = index % p.inner;
let part = (index / p.inner) % p.parts;
let first = (index / p.inner / p.parts) * p.length * p.inner + column;
var value = ${vectorType(width, fold.type)}(${fold.start});
var next = x[first + part * p.inner];
for (var l = part; l < p.length; l += p.parts) {
  let here = ${fold.read('next')};
  next = x[first + min(l + p.parts, p.length - 1u) * p.inner];
  value = ${fold.combine('value', 'here')};
}
out[index] = ${fold.write('value')};`,
  };
});

/** Reduces the middle axis of [outer, length, inner], in as many stages as its length asks for. */
export function reduce(
  executor: Executor,
  name: ReductionName,
  x: Operand,
  out: Operand,
  layout: ReductionLayout,
): void {
  const { outer, length, inner } = layout;
  if (out.size === 0) return;
  if (length === 0) {
    fill(executor, out, 0);
    return;
  }
  const type = scalarType(x) as 'f32' | 'i32';
  const { byRows, width, vectors, ragged, parts } = cutAxis(executor, layout);
  const stage = (target: Operand): void => {
    const both = { reads: [x], writes: [target], operations: x.size };
    if (byRows) {
      const parameters = { length, vectors, parts };
      executor.run(rowFolding, { name, type, width, ragged }, { ...both, parameters, groups: outer * parts });
      return;
    }
    const columnWidth = inner % 4 === 0 ? 4 : 1;
    const count = (outer * parts * inner) / columnWidth;
    const parameters = { count, length, inner: inner / columnWidth, parts };
    executor.run(
      columnFolding,
      { name, type, width: columnWidth },
      { ...both, parameters, groups: Math.ceil(count / GROUP) },
    );
  };
  if (parts === 1) {
    stage(out);
    return;
  }
  executor.withTemporary(x.dtype, outer * parts * inner, (partial) => {
    stage(partial);
    reduce(executor, name, partial, out, { outer, length: parts, inner });
  });
}

/** Elements that a workgroup counts, in bins of its own where there is room for them: the same few bins are counted up all the time. */
const COUNTED = 64 * GROUP;
const OWN_BINS = 4096;

/** Finds the bin of every element among the smallest elements of the bins. */
const counting = kernel('histogram', ({ type, own }: { type: ScalarType; own: boolean }) => ({
  reads: { x: type, edges: type },
  writes: { counts: 'atomic<i32>' },
  parameters: { count: 'u32', bins: 'u32' },
  workgroupSize: GROUP,
  declarations: own ? `var<workgroup> ownCounts: array<atomic<i32>, ${OWN_BINS}>;` : '',
  body: `let end = min((block + 1u) * ${COUNTED}u, p.count);
for (var i = block * ${COUNTED}u + local; i < end; i += ${GROUP}u) {
  let v = x[i];
  ${type === 'f32' ? 'if (isNan(v)) { continue; }' : ''}
  var low = 0u;
  var high = p.bins;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (v >= edges[middle]) { low = middle; } else { high = middle; }
  }
  atomicAdd(&${own ? 'ownCounts' : 'counts'}[low], 1);
}
${
  own
    ? `workgroupBarrier();
for (var bin = local; bin < p.bins; bin += ${GROUP}u) {
  let counted = atomicLoad(&ownCounts[bin]);
  if (counted > 0) { atomicAdd(&counts[bin], counted); }
}`
    : ''
}`,
}));

/** Sums, extremes and counts. */
export function reductionKernels(executor: Executor): Pick<Kernels, 'reduction' | 'histogram'> {
  return {
    reduction: {
      sum: (x, out, layout) => reduce(executor, 'sum', x, out, layout),
      max: (x, out, layout) => reduce(executor, 'max', x, out, layout),
      min: (x, out, layout) => reduce(executor, 'min', x, out, layout),
    },
    histogram(x, counts, low, high) {
      fill(executor, counts, 0);
      if (x.size === 0) return;
      const isFloat = x.dtype === 'float32';
      executor.withTemporary(isFloat ? 'float32' : 'int32', counts.size, (edges) => {
        executor.memory.write(edges, histogramEdges(counts.size, low, high, isFloat ? Math.fround : Math.ceil));
        executor.run(
          counting,
          { type: scalarType(x), own: counts.size <= OWN_BINS },
          {
            reads: [x, edges],
            writes: [counts],
            parameters: { count: x.size, bins: counts.size },
            groups: Math.ceil(x.size / COUNTED),
          },
        );
      });
    },
  };
}
