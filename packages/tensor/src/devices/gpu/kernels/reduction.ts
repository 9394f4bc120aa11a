import type { ArgReductionName, Kernels, Operand, ReductionLayout, ReductionName } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { countInBins } from '../../reference/kernels/reduction.js';
import { bufferOf } from '../buffer.js';
import type { Executor } from '../executor.js';
import { boundsIn, computeIntegers, integerBounds, rememberBounds } from '../integers.js';
import { kernelSource, partsOf, ravelIndex, unravelIndex } from '../source.js';
import { sortPositions } from './sort.js';

/** What is folded into `result`, element by element; where neither is larger, one is NaN, and the sum is. */
const steps: Readonly<Record<ReductionName, string>> = {
  sum: 'result = result + v;',
  max: 'result = v > result ? v : (result >= v ? result : result + v);',
  min: 'result = v < result ? v : (result <= v ? result : result + v);',
};

/** A sum whose terms are computed on the way. */
export interface MappedSum extends ReductionLayout {
  /** What `term` reads; the first one is summed over and seen as [outer, length, inner]. */
  readonly inputs: readonly (Operand | number)[];
  /** Their names in `term`. */
  readonly parameters: readonly string[];
  /** Statements that declare `v`, from the flat index `at` of the element and where it is: `row`, `place` and `column`. */
  readonly term: string;
}

/** The loop over one of `parts` parts of the middle axis of [outer, length, inner]. */
function foldSource(
  { outer, length, inner }: ReductionLayout,
  parts: number,
  parameters: readonly string[],
  term: string,
  step: string,
  start: string,
): string {
  const { statements, at } = unravelIndex('this.thread.x', [outer, parts, inner], 'i');
  const [row, part, column] = at as [string, string, string];
  const chunk = Math.ceil(length / parts);
  const place = parts === 1 ? 'k' : `${part} * ${chunk} + k`;
  const element = ravelIndex([row, 'place', column], [length * inner, inner, 1]);
  const first = ravelIndex([row, part, column], [length * inner, chunk * inner, 1]);
  const visit = `const at = ${element};\n${term}\n${step}`;
  const isRagged = parts * chunk !== length;
  return kernelSource(
    parameters,
    `${statements}
const row = ${row};
const column = ${column};
let result = ${start === 'first' ? `x[${first}]` : start};
for (let k = 0; k < ${chunk}; k++) {
  const place = ${place};
  ${isRagged ? `if (place < ${length}) {\n${visit}\n}` : visit}
}
return result;`,
  );
}

/** The number of parts, none of which is empty. */
function splitOf(length: number): number {
  const chunk = Math.ceil(length / partsOf(length));
  return Math.ceil(length / chunk);
}

/** Sums over the middle axis of [outer, length, inner], in two stages where it is long. */
export function sumMapped(executor: Executor, out: Operand, sum: MappedSum): void {
  const { outer, length, inner, inputs, parameters, term } = sum;
  if (length === 0) {
    executor.fill(out, 0);
    return;
  }
  const parts = splitOf(length);
  const source = foldSource(sum, parts, parameters, term, steps.sum, '0');
  if (parts === 1) {
    executor.launch(out, source, ...inputs);
    return;
  }
  executor.withTemporary(outer * parts * inner, (partial) => {
    executor.launch(partial, source, ...inputs);
    reduce(executor, 'sum', partial, out, { outer, length: parts, inner });
  });
}

/** Reduces the middle axis of [outer, length, inner], in two stages where it is long. */
export function reduce(
  executor: Executor,
  name: ReductionName,
  x: Operand,
  out: Operand,
  layout: ReductionLayout,
): void {
  const { outer, length, inner } = layout;
  const term = 'const v = x[at];';
  if (name === 'sum') {
    sumMapped(executor, out, { ...layout, inputs: [x], parameters: ['x'], term });
    return;
  }
  const parts = splitOf(length);
  const source = foldSource(layout, parts, ['x'], term, steps[name], 'first');
  if (parts === 1) {
    executor.launch(out, source, x);
    return;
  }
  executor.withTemporary(outer * parts * inner, (partial) => {
    executor.launch(partial, source, x);
    reduce(executor, name, partial, out, { outer, length: parts, inner });
  });
}

/** Whether `v` comes before `best`: it is more extreme, or the first NaN. */
const beats: Readonly<Record<ArgReductionName, string>> = {
  argmax: 'v > best',
  argmin: 'v < best',
};
const isNumber = (value: string): string => `(${value} <= 0 || ${value} > 0)`;

/** The position of the extreme element of every part of the middle axis, or of those that `candidates` names. */
function argSource(name: ArgReductionName, layout: ReductionLayout, parts: number, candidates: number): string {
  const { outer, length, inner } = layout;
  const { statements, at } = unravelIndex('this.thread.x', [outer, parts, inner], 'i');
  const [row, part, column] = at as [string, string, string];
  const count = candidates || Math.ceil(length / parts);
  const candidate = ravelIndex([row, 'k', column], [candidates * inner, inner, 1]);
  const place = candidates ? `positions[${candidate}]` : parts === 1 ? 'k' : `${part} * ${count} + k`;
  const element = (position: string) => ravelIndex([row, position, column], [length * inner, inner, 1]);
  const start = candidates ? `positions[${ravelIndex([row, column], [candidates * inner, 1])}]` : `${part} * ${count}`;
  const body = `${statements}
let position = ${start};
let best = x[${element('position')}];
for (let k = 0; k < ${count}; k++) {
  const place = ${place};
  if (place < ${length}) {
    const v = x[${element('place')}];
    if (${isNumber('best')}) {
      if (${beats[name]} || !${isNumber('v')}) {
        best = v;
        position = place;
      }
    }
  }
}
return position;`;
  return kernelSource(candidates ? ['x', 'positions'] : ['x'], body);
}

function argReduce(executor: Executor, name: ArgReductionName, x: Operand, out: Operand, layout: ReductionLayout) {
  const { outer, length, inner } = layout;
  const parts = splitOf(length);
  if (parts === 1) {
    executor.launch(out, argSource(name, layout, 1, 0), x);
  } else {
    executor.withTemporary(outer * parts * inner, (positions) => {
      executor.launch(positions, argSource(name, layout, parts, 0), x);
      executor.launch(out, argSource(name, layout, 1, parts), x, positions);
    });
  }
  bufferOf(out).bounds = [0, length - 1];
}

/** Sums, extremes and orders along axes. */
export function reductionKernels(
  executor: Executor,
): Pick<Kernels, 'reduction' | 'argReduction' | 'topk' | 'histogram'> {
  const extreme = (name: 'max' | 'min') => (x: Operand, out: Operand, layout: ReductionLayout) => {
    reduce(executor, name, x, out, layout);
    rememberBounds(out, boundsIn(x));
  };

  return {
    reduction: {
      sum(x, out, layout) {
        const bounds = integerBounds.sum(boundsIn(x), layout.length);
        computeIntegers('sum', out, bounds, () => reduce(executor, 'sum', x, out, layout));
      },
      max: extreme('max'),
      min: extreme('min'),
    },
    argReduction: {
      argmax: (x, out, layout) => argReduce(executor, 'argmax', x, out, layout),
      argmin: (x, out, layout) => argReduce(executor, 'argmin', x, out, layout),
    },
    topk(x, indices, largest) {
      if (indices.size === 0) return;
      const length = x.shape.at(-1)!;
      sortPositions(executor, x, indices, length, largest);
      bufferOf(indices).bounds = [0, length - 1];
    },
    histogram(x, counts, low, high) {
      // Thousands of bins, each of which would have to look at every element.
      executor.computeOnHost(counts, x, (elements) => {
        const result = new Float32Array(counts.size);
        countInBins(elements, result, low, high);
        return result;
      });
      bufferOf(counts).bounds = [0, x.size];
    },
  };
}

/** The sizes of [N,C,…] as sums over the channels' planes see them. */
export function planesOf(x: Operand): ReductionLayout {
  const [images, channels] = x.shape as [number, number];
  return { outer: images * channels, length: sizeOf(x.shape.slice(2)), inner: 1 };
}
