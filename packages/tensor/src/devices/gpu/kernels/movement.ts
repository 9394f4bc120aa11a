import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand, ScatterReduction } from '../../../kernels.js';
import { broadcastStrides, type Shape, sizeOf, stridesOf } from '../../../shape.js';
import { joinAxes } from '../../joined-axes.js';
import type { Executor } from '../executor.js';
import { boundsIn, computeIntegers, integerBounds, keepBounds, rememberBounds, wrongPosition } from '../integers.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

/** WebGL 2 has room for 16 textures in a shader, WebGPU for 8 buffers, the result among them. */
const INPUTS_AT_ONCE = 6;

/** out[i, j, …] = x[start + i·strides[0] + j·strides[1] + …]; the start is a number of the call, as batches have many. */
function stridedSource(shape: Shape, strides: readonly number[]): string {
  const joined = joinAxes(shape, [strides]);
  const { statements, at } = unravelIndex('this.thread.x', joined.shape, 'i');
  return kernelSource(['x', 'start'], `${statements}\nreturn x[start + ${ravelIndex(at, joined.strides[0]!)}];`);
}

/** x is spread over out, the rest is `value`. */
function padSource(x: Shape, out: Shape, starts: readonly number[], steps: readonly number[]): string {
  const { statements, at } = unravelIndex('this.thread.x', out, 'i');
  const lines = [statements];
  const sources = x.map((length, axis) => {
    const step = steps[axis]!;
    if (starts[axis] === 0 && step === 1 && length === out[axis]) return at[axis]!;
    const own = `source${axis}`;
    const distance = step > 0 ? `${at[axis]} - ${starts[axis]}` : `${starts[axis]} - ${at[axis]}`;
    lines.push(`let ${own} = ${distance};`, `if (${own} < 0) { return value; }`);
    if (Math.abs(step) > 1) {
      const spread = unravelIndex(own, [length + 1, Math.abs(step)], `part${axis}`);
      lines.push(spread.statements, `if (${spread.at[1]} > 0) { return value; }`, `${own} = ${spread.at[0]};`);
    }
    lines.push(`if (${own} >= ${length}) { return value; }`);
    return own;
  });
  return kernelSource(['x', 'value'], `${lines.join('\n')}\nreturn x[${ravelIndex(sources, stridesOf(x))}];`);
}

/** @throws ArgumentError where an index is out of range, as far as that is known without reading it */
function checkIndex(operation: string, index: Operand, length: number): void {
  const wrong = wrongPosition(index, length);
  if (wrong !== undefined) {
    throw new ArgumentError(`${operation}: index ${wrong} is not one of the ${length} along the axis`);
  }
}

/** Takes `v` where it is beyond `result`; NaN stays, and is taken. */
const takeBeyond = (sign: '>' | '<'): string => `if (result <= 0 || result > 0) {
      if (v <= 0 || v > 0) {
        if (v ${sign} result) { result = v; }
      } else { result = v; }
    }`;

/** How `v` is joined with `result`. Expressions with a condition would need operands of one type in WebGL. */
const joins: Readonly<Record<ScatterReduction, string>> = {
  replace: 'result = v;',
  add: 'result = result + v;',
  mul: 'result = result * v;',
  max: takeBeyond('>'),
  min: takeBeyond('<'),
};

/** Operators that move elements without computing with them. */
export function movementKernels(
  executor: Executor,
): Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatter'> {
  const strided = (x: Operand, out: Operand, strides: readonly number[], start: number): void => {
    executor.launch(out, stridedSource(out.shape, strides), x, start);
    keepBounds(x, out, x.size === out.size);
  };

  /** Joins blocks of equal `outer`: the rows of out are those of the inputs one behind the other. */
  const join = (inputs: readonly Operand[], blocks: readonly number[], out: Operand): void => {
    const total = blocks.reduce((sum, block) => sum + block, 0);
    const { statements, at } = unravelIndex('this.thread.x', [out.size / total, total], 'i');
    const lines = [statements];
    let start = 0;
    for (const [i, block] of blocks.entries()) {
      const read = `return x${i}[${ravelIndex([at[0]!, at[1]!], [block, 1], -start)}];`;
      start += block;
      lines.push(i < blocks.length - 1 ? `if (${at[1]} < ${start}) { ${read} }` : read);
    }
    const parameters = inputs.map((_, i) => `x${i}`);
    executor.launch(out, kernelSource(parameters, lines.join('\n')), ...inputs);
  };

  const joinAll = (inputs: readonly Operand[], blocks: readonly number[], out: Operand): void => {
    if (inputs.length <= INPUTS_AT_ONCE) {
      join(inputs, blocks, out);
      return;
    }
    const first = blocks.slice(0, INPUTS_AT_ONCE);
    const block = first.reduce((sum, each) => sum + each, 0);
    const total = blocks.reduce((sum, each) => sum + each, 0);
    executor.withTemporary((out.size / total) * block, (temporary) => {
      join(inputs.slice(0, INPUTS_AT_ONCE), first, temporary);
      joinAll([temporary, ...inputs.slice(INPUTS_AT_ONCE)], [block, ...blocks.slice(INPUTS_AT_ONCE)], out);
    });
  };

  return {
    permute(x, out, axes) {
      const own = stridesOf(x.shape);
      strided(
        x,
        out,
        axes.map((axis) => own[axis]!),
        0,
      );
    },
    slice(x, out, starts, steps) {
      const own = stridesOf(x.shape);
      const start = own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
      strided(
        x,
        out,
        own.map((stride, axis) => stride * steps[axis]!),
        start,
      );
    },
    pad(x, out, starts, steps, value) {
      if (x.size === 0) executor.fill(out, value);
      else executor.launch(out, padSource(x.shape, out.shape, starts, steps), x, value);
      rememberBounds(out, x.size === 0 ? [value, value] : integerBounds.either(boundsIn(x), [value, value]));
    },
    concat(inputs, out, axis) {
      const filled = inputs.filter(({ size }) => size > 0);
      const blocks = filled.map(({ shape }) => sizeOf(shape.slice(axis)));
      if (filled.length > 0) joinAll(filled, blocks, out);
      rememberBounds(out, filled.map(boundsIn).reduce(integerBounds.either, filled[0] && boundsIn(filled[0])));
    },
    gather(x, index, out, axis) {
      const length = x.shape[axis]!;
      checkIndex('gather', index, length);
      const { statements, at } = unravelIndex('this.thread.x', out.shape, 'i');
      const place = at.map((coordinate, each) => (each === axis ? 'position' : coordinate));
      const body = `${statements}
const position = index[${ravelIndex(at, broadcastStrides(index.shape, out.shape))}];
if (position < 0) { return absent; }
if (position >= ${length}) { return absent; }
return x[${ravelIndex(place, stridesOf(x.shape))}];`;
      executor.launch(out, kernelSource(['x', 'index', 'absent'], body), x, index, Number.NaN);
      rememberBounds(out, boundsIn(x));
    },
    scatter(x, index, source, out, axis, reduction) {
      const length = out.shape[axis]!;
      checkIndex(x ? 'scatter' : 'scatterAdd', index, length);
      const count = source.shape[axis]!;
      const { statements, at } = unravelIndex('this.thread.x', out.shape, 'i');
      const place = at.map((coordinate, each) => (each === axis ? 'k' : coordinate));
      const body = `${statements}
let result = ${x ? 'x[this.thread.x]' : '0'};
let wrong = 0;
for (let k = 0; k < ${count}; k++) {
  const position = index[${ravelIndex(place, broadcastStrides(index.shape, source.shape))}];
  if (position === ${at[axis]}) {
    const v = source[${ravelIndex(place, stridesOf(source.shape))}];
    ${joins[reduction]}
  }
  if (position < 0) { wrong = wrong + 1; }
  if (position >= ${length}) { wrong = wrong + 1; }
}
if (wrong > 0) { return absent; }
return result;`;
      const launch = (): void => {
        if (source.size === 0 && !x) executor.fill(out, 0);
        else if (source.size === 0) executor.launch(out, kernelSource(['x'], 'return x[this.thread.x];'), x!);
        else {
          const parameters = [...(x ? ['x'] : []), 'index', 'source', 'absent'];
          executor.launch(out, kernelSource(parameters, body), ...(x ? [x] : []), index, source, Number.NaN);
        }
      };
      const before = x ? boundsIn(x) : ([0, 0] as const);
      const given = boundsIn(source);
      if (reduction === 'add') {
        computeIntegers('scatter', out, integerBounds.add(before, integerBounds.sum(given, count)), launch);
      } else if (reduction === 'mul') {
        computeIntegers('scatter', out, undefined, launch);
      } else {
        launch();
        rememberBounds(out, integerBounds.either(before, given));
      }
    },
  };
}
