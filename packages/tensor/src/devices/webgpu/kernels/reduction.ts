import type { Kernels, Operand, ReductionLayout, ReductionName } from '../../../kernels.js';
import { histogramEdges } from '../../histogram-edges.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { vectorType } from '../wgsl/channels.js';
import type { ScalarType } from '../wgsl/program.js';
import { cutAxis, FOLDING, foldGroup, PART_VECTORS } from '../wgsl/reduce.js';
import { fill } from './elementwise.js';

const GROUP = 64;

/** What folds two elements, and what changes nothing. */
function folding(name: ReductionName, type: ScalarType): { combine: (a: string, b: string) => string; start: string } {
  if (name === 'sum') return { combine: (a, b) => `${a} + ${b}`, start: `${type}(0)` };
  if (type === 'i32') {
    return { combine: (a, b) => `${name}(${a}, ${b})`, start: name === 'max' ? '(-2147483647 - 1)' : '2147483647' };
  }
  return {
    combine: (a, b) => `${name}imumOf(${a}, ${b})`,
    start: name === 'max' ? '-infinity()' : 'infinity()',
  };
}

interface Folding {
  readonly [key: string]: string | number | boolean;
  readonly name: ReductionName;
  readonly type: 'f32' | 'i32';
}

const lanes = ['x', 'y', 'z', 'w'] as const;

/** A part of a row a workgroup. */
const rowFolding = kernel('fold rows', ({ name, type, width, ragged }: Folding & { width: 1 | 4; ragged: boolean }) => {
  const { combine, start } = folding(name, type);
  const vector = vectorType(width, type);
  const filled = width === 4 ? `vec4<${type}>(${start})` : start;
  const inside =
    width === 4 && ragged
      ? 'select(none, x[first + v], v * 4u + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(p.length))'
      : 'x[first + v]';
  const value = width === 1 ? 'values' : combine(combine('values.x', 'values.y'), combine('values.z', 'values.w'));
  return {
    reads: { x: vector },
    writes: { out: type },
    parameters: { length: 'u32', vectors: 'u32', parts: 'u32' },
    workgroupSize: FOLDING,
    declarations: `var<workgroup> folded: array<${type}, ${FOLDING}>;`,
    body: `let first = (block / p.parts) * p.vectors;
let begin = (block % p.parts) * ${PART_VECTORS}u;
let end = min(begin + ${PART_VECTORS}u, p.vectors);
let none = ${filled};
var values = none;
for (var v = begin + local; v < end; v += ${FOLDING}u) {
  let next = ${inside};
  values = ${foldVectors(name, type, width)('values', 'next')};
}
${foldGroup('folded', value, combine)}
if (local == 0u) { out[block] = folded[0]; }`,
  };
});

/** How two vectors, or two numbers, are folded. */
function foldVectors(name: ReductionName, type: 'f32' | 'i32', width: 1 | 4): (a: string, b: string) => string {
  const { combine } = folding(name, type);
  if (width === 1 || name === 'sum') return combine;
  return (a, b) => `vec4<${type}>(${lanes.map((lane) => combine(`${a}.${lane}`, `${b}.${lane}`)).join(', ')})`;
}

/** Every `parts`-th element of a column, or of four side by side, an invocation; the next is on its way meanwhile. */
const columnFolding = kernel('fold columns', ({ name, type, width }: Folding & { width: 1 | 4 }) => {
  const vector = vectorType(width, type);
  return {
    reads: { x: vector },
    writes: { out: vector },
    parameters: { count: 'u32', length: 'u32', inner: 'u32', parts: 'u32' },
    workgroupSize: GROUP,
    body: `if (index >= p.count) { return; }
let column = index % p.inner;
let part = (index / p.inner) % p.parts;
let first = (index / p.inner / p.parts) * p.length * p.inner + column;
var value = ${vector}(${folding(name, type).start});
var next = x[first + part * p.inner];
for (var l = part; l < p.length; l += p.parts) {
  let here = next;
  next = x[first + min(l + p.parts, p.length - 1u) * p.inner];
  value = ${foldVectors(name, type, width)('value', 'here')};
}
out[index] = value;`,
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
