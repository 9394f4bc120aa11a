import type { ArgReductionName, Kernels, Operand, ReductionLayout, ReductionName } from '../../../kernels.js';
import { histogramEdges } from '../../histogram-edges.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { vectorType } from '../wgsl/channels.js';
import type { ScalarType } from '../wgsl/program.js';
import { FOLDING, foldGroup } from '../wgsl/reduce.js';
import { fill } from './elementwise.js';

const GROUP = 64;
/** Vectors that an invocation folds, where rows are folded by workgroups. */
const STEPS = 16;
/** Rows up to this length are folded by one invocation each. */
const SHORT = 16;
/** Elements that an invocation folds at most, where columns are folded. */
const LONGEST = 128;
/** Columns are cut so that so many invocations share the work: those that a large GPU has at a time. */
const INVOCATIONS = 2 ** 18;

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
let begin = (block % p.parts) * ${FOLDING * STEPS}u;
let end = min(begin + ${FOLDING * STEPS}u, p.vectors);
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

function columnParts({ outer, length, inner }: ReductionLayout): number {
  const wanted = Math.max(Math.ceil(INVOCATIONS / (outer * inner)), Math.ceil(length / LONGEST));
  return Math.max(1, Math.min(wanted, Math.floor(length / SHORT)));
}

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
  const byRows = inner === 1 && length > SHORT;
  const width = outer === 1 || length % 4 === 0 ? 4 : 1;
  const vectors = Math.ceil(length / width);
  const parts = byRows ? Math.ceil(vectors / (FOLDING * STEPS)) : columnParts(layout);
  const stage = (target: Operand): void => {
    const both = { reads: [x], writes: [target], operations: x.size };
    if (byRows) {
      const parameters = { length, vectors, parts };
      const variant = { name, type, width, ragged: width === 4 && length % 4 !== 0 } as const;
      executor.run(rowFolding, variant, { ...both, parameters, groups: outer * parts });
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

/**
 * The position of the extreme among every `parts`-th element of a column, or four side by side of a row, or among candidates
 * that were found so. The next is on its way meanwhile.
 */
const positioning = kernel(
  'argument',
  ({ name, type, chosen, width }: { name: ArgReductionName; type: ScalarType; chosen: boolean; width: 1 | 4 }) => {
    const beats = name === 'argmax' ? 'v > best' : 'v < best';
    const positionAt = (k: string): string => (chosen ? `u32(positions[list + ${k} * p.inner])` : k);
    const consider = (value: string, place: string, isThere = ''): string =>
      `if (${isThere}comesFirst(${value}, ${place}, best, position)) {
    best = ${value};
    position = ${place};
  }`;
    return {
      reads: chosen ? { x: type, positions: 'i32' } : { x: vectorType(width, type) },
      writes: { out: 'i32' },
      parameters: { count: 'u32', length: 'u32', vectors: 'u32', inner: 'u32', parts: 'u32', candidates: 'u32' },
      workgroupSize: GROUP,
      declarations: `fn comesFirst(v: ${type}, place: u32, best: ${type}, position: u32) -> bool {
  ${type === 'f32' ? 'if (isNan(best)) { return isNan(v) && place < position; }\n  if (isNan(v)) { return true; }' : ''}
  return ${beats} || (v == best && place < position);
}`,
      body: `if (index >= p.count) { return; }
let column = index % p.inner;
let part = (index / p.inner) % p.parts;
let row = index / p.inner / p.parts;
let first = row * p.vectors * p.inner + column;
${chosen ? 'let list = row * p.candidates * p.inner + column;' : ''}
var next = ${positionAt('part')};
var nextValue = x[first + next * p.inner];
var position = next * ${width}u;
var best = nextValue${width === 4 ? '.x' : ''};
for (var k = part; k < p.candidates; k += p.parts) {
  let place = next;
  let v = nextValue;
  next = ${positionAt('min(k + p.parts, p.candidates - 1u)')};
  nextValue = x[first + next * p.inner];
  ${
    width === 4
      ? lanes
          .map((lane, i) => consider(`v.${lane}`, `4u * place + ${i}u`, i ? `4u * place + ${i}u < p.length && ` : ''))
          .join('\n  ')
      : consider('v', 'place')
  }
}
out[index] = i32(position);`,
    };
  },
);

function argReduce(executor: Executor, name: ArgReductionName, x: Operand, out: Operand, layout: ReductionLayout) {
  const { outer, length, inner } = layout;
  if (out.size === 0) return;
  const width = inner === 1 && (outer === 1 || length % 4 === 0) ? 4 : 1;
  const stage = (candidates: number, positions: Operand | undefined): void => {
    const parts = columnParts({ outer, length: candidates, inner });
    const count = outer * parts * inner;
    const chosen = positions !== undefined;
    const launch = (target: Operand): void =>
      executor.run(
        positioning,
        { name, type: scalarType(x), chosen, width: chosen ? 1 : width },
        {
          reads: positions ? [x, positions] : [x],
          writes: [target],
          parameters: { count, length, vectors: chosen ? length : candidates, inner, parts, candidates },
          groups: Math.ceil(count / GROUP),
          operations: outer * candidates * inner,
        },
      );
    if (parts === 1) {
      launch(out);
      return;
    }
    executor.withTemporary('int32', count, (found) => {
      launch(found);
      stage(parts, found);
    });
  };
  stage(Math.ceil(length / width), undefined);
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
export function reductionKernels(executor: Executor): Pick<Kernels, 'reduction' | 'argReduction' | 'histogram'> {
  return {
    reduction: {
      sum: (x, out, layout) => reduce(executor, 'sum', x, out, layout),
      max: (x, out, layout) => reduce(executor, 'max', x, out, layout),
      min: (x, out, layout) => reduce(executor, 'min', x, out, layout),
    },
    argReduction: {
      argmax: (x, out, layout) => argReduce(executor, 'argmax', x, out, layout),
      argmin: (x, out, layout) => argReduce(executor, 'argmin', x, out, layout),
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
