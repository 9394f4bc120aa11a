import type { ArgReductionName, Kernels, Operand, ReductionLayout } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { vectorType } from '../wgsl/channels.js';
import type { ScalarType } from '../wgsl/program.js';
import { cutAxis, FOLDING, foldGroup, PART_VECTORS } from '../wgsl/reduce.js';

const GROUP = 64;

/** Vectors that are on their way at the same time. */
const AHEAD = 4;

/**
 * A stage: what it looks through is the tensor itself, or the pairs of rank and position that the stage before has found in
 * each part; what it finds is such pairs, or in the last stage positions.
 */
interface Stage {
  readonly [key: string]: string | number | boolean;
  readonly name: ArgReductionName;
  readonly type: ScalarType;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/**
 * `rankOf`: integers in the order in which elements come first, with NaN before all others and −0 beside 0. Integers take less
 * to compare than floats of which any may be NaN, and tell subnormal numbers apart. `leading`: of two pairs the one that comes first.
 */
function declarationsOf({ name, type, isFirst }: Stage, width: 1 | 4): string {
  const ranks = vectorType(width, 'i32');
  const isMax = name === 'argmax';
  const [larger, smaller] = isMax ? ['size', '-size'] : ['-size', 'size'];
  const rank =
    type === 'f32'
      ? `let bits = bitcast<${ranks}>(v);
  let size = bits & ${ranks}(0x7fffffff);
  let signed = select(${larger}, ${smaller}, bits < ${ranks}(0));
  return select(signed, ${ranks}(0x7fffffff), size > ${ranks}(0x7f800000));`
      : `return ${isMax ? '' : '~'}${ranks}(v);`;
  return `${isFirst ? `fn rankOf(v: ${vectorType(width, type)}) -> ${ranks} {\n  ${rank}\n}` : ''}
fn leading(a: vec2<i32>, b: vec2<i32>) -> vec2<i32> {
  return select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y));
}`;
}

function storageOf({ type, isFirst, isLast }: Stage, width: 1 | 4) {
  return {
    reads: { x: isFirst ? vectorType(width, type) : 'vec2<i32>' },
    writes: { out: isLast ? 'i32' : 'vec2<i32>' },
  };
}

/**
 * Statements of a round: loads of the `AHEAD` next places, then a look at each. A place behind the end is the last one once
 * more: it comes behind itself, so that nothing changes.
 */
function round(place: (step: number) => string, address: (place: string) => string, look: string): string {
  const steps = Array.from({ length: AHEAD }, (_, step) => step);
  return [
    ...steps.map((step) => `let place${step} = ${place(step)};\nlet v${step} = x[${address(`place${step}`)}];`),
    ...steps.map((step) => `{\n  let place = place${step};\n  let v = v${step};\n${look}\n}`),
  ].join('\n');
}

/** A part of a row a workgroup. Four elements side by side are one vector, whose lane is only looked for where it wins. */
const rowPositioning = kernel(
  'argument in rows',
  (stage: Stage & { readonly width: 1 | 4; readonly ragged: boolean }) => {
    const { isFirst, isLast, width, ragged } = stage;
    const isInside = 'place * 4u + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(p.length)';
    const ranks = ragged ? `select(vec4<i32>(lowest), rankOf(v), ${isInside})` : 'rankOf(v)';
    const top = width === 4 ? 'max(max(ranks.x, ranks.y), max(ranks.z, ranks.w))' : 'ranks';
    const look = isFirst
      ? `  let ranks = ${ranks};
  let top = ${top};
  if (top > best.x) { best = vec2<i32>(top, i32(place)); }`
      : '  best = leading(best, v);';
    const lane = `let winner = folded[0];
  let won = rankOf(x[first + u32(winner.y)]) == vec4<i32>(winner.x);
  let lane = select(select(select(3, 2, won.z), 1, won.y), 0, won.x);
  let found = vec2<i32>(winner.x, 4 * winner.y + lane);`;
    return {
      ...storageOf(stage, width),
      parameters: { length: 'u32', vectors: 'u32', parts: 'u32' },
      workgroupSize: FOLDING,
      declarations: `const lowest = -2147483647 - 1;
var<workgroup> folded: array<vec2<i32>, ${FOLDING}>;
${declarationsOf(stage, width)}`,
      // An invocation without a vector begins behind all others, and never comes first.
      body: `let first = (block / p.parts) * p.vectors;
let begin = (block % p.parts) * ${PART_VECTORS}u + local;
let end = min(begin - local + ${PART_VECTORS}u, p.vectors);
var best = vec2<i32>(lowest, ${isFirst ? 'i32(begin)' : '2147483647'});
for (var next = begin; next < end; next += ${AHEAD * FOLDING}u) {
${round(
  (step) => `min(next + ${step * FOLDING}u, p.vectors - 1u)`,
  (place) => `first + ${place}`,
  look,
)}
}
${foldGroup('folded', 'best', (a, b) => `leading(${a}, ${b})`)}
if (local == 0u) {
  ${isFirst && width === 4 ? lane : 'let found = folded[0];'}
  out[block] = found${isLast ? '.y' : ''};
}`,
    };
  },
);

/** Every `parts`-th element of a column an invocation. */
const columnPositioning = kernel('argument in columns', (stage: Stage) => {
  const { isFirst, isLast } = stage;
  const look = isFirst
    ? `  let rank = rankOf(v);
  if (rank > best.x) { best = vec2<i32>(rank, i32(place)); }`
    : '  best = leading(best, v);';
  const firstPlace = 'x[first + part * p.inner]';
  return {
    ...storageOf(stage, 1),
    parameters: { count: 'u32', length: 'u32', inner: 'u32', parts: 'u32' },
    workgroupSize: GROUP,
    declarations: declarationsOf(stage, 1),
    body: `if (index >= p.count) { return; }
let column = index % p.inner;
let part = (index / p.inner) % p.parts;
let first = (index / p.inner / p.parts) * p.length * p.inner + column;
var best = ${isFirst ? `vec2<i32>(rankOf(${firstPlace}), i32(part))` : firstPlace};
for (var next = part + p.parts; next < p.length; next += ${AHEAD}u * p.parts) {
${round(
  (step) => `min(next + ${step}u * p.parts, p.length - 1u)`,
  (place) => `first + ${place} * p.inner`,
  look,
)}
}
out[index] = best${isLast ? '.y' : ''};`,
  };
});

/** Finds the extremes along the middle axis of [outer, length, inner], in as many stages as its length asks for. */
function argReduce(
  executor: Executor,
  name: ArgReductionName,
  x: Operand,
  out: Operand,
  { outer, length, inner }: ReductionLayout,
): void {
  if (out.size === 0) return;
  /** @param pairs what the stage before has found; undefined in the first stage */
  const find = (candidates: number, pairs?: Operand): void => {
    const layout = { outer, length: candidates, inner };
    const { byRows, width, vectors, ragged, parts } = cutAxis(executor, layout, pairs ? 1 : 4);
    const count = outer * parts * inner;
    const stage = { name, type: scalarType(x), isFirst: !pairs, isLast: parts === 1 };
    const launch = (target: Operand): void => {
      const both = { reads: [pairs ?? x], writes: [target], operations: outer * candidates * inner };
      if (byRows) {
        const parameters = { length, vectors, parts };
        executor.run(rowPositioning, { ...stage, width, ragged }, { ...both, parameters, groups: outer * parts });
      } else {
        const parameters = { count, length: candidates, inner, parts };
        executor.run(columnPositioning, stage, { ...both, parameters, groups: Math.ceil(count / GROUP) });
      }
    };
    if (parts === 1) launch(out);
    else {
      executor.withTemporary('int32', 2 * count, (found) => {
        launch(found);
        find(parts, found);
      });
    }
  };
  find(length);
}

/** Positions of extremes: of NaN before all others, and else of the first of equals. */
export function argReductionKernels(executor: Executor): Pick<Kernels, 'argReduction'> {
  return {
    argReduction: {
      argmax: (x, out, layout) => argReduce(executor, 'argmax', x, out, layout),
      argmin: (x, out, layout) => argReduce(executor, 'argmin', x, out, layout),
    },
  };
}
