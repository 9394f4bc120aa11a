import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand } from '../../../kernels.js';
import { type Shape, sizeOf, stridesOf } from '../../../shape.js';
import type { Executor } from '../executor.js';
import { boundsIn, computeIntegers, integerBounds, keepBounds, rememberBounds, wrongPosition } from '../integers.js';
import { joinAxes, kernelSource, ravelIndex, unravelIndex } from '../source.js';

/** WebGL 2 has room for 16 textures in a shader, WebGPU for 8 buffers, the result among them. */
const INPUTS_AT_ONCE = 6;

/** A tensor seen as [outer, length, inner] around one axis. */
function around(shape: Shape, axis: number): readonly [outer: number, length: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

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
    lines.push(`let ${own} = ${at[axis]} - ${starts[axis]};`, `if (${own} < 0) { return value; }`);
    if (step > 1) {
      const spread = unravelIndex(own, [length + 1, step], `part${axis}`);
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

/** Operators that move elements without computing with them. */
export function movementKernels(
  executor: Executor,
): Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatterAdd'> {
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
      const [outer, count, inner] = around(index.shape, axis);
      const length = x.shape[axis]!;
      checkIndex('gather', index, length);
      const { statements, at } = unravelIndex('this.thread.x', [outer, count, inner], 'i');
      const source = ravelIndex([at[0]!, 'position', at[2]!], [length * inner, inner, 1]);
      const body = `${statements}
const position = index[this.thread.x];
if (position < 0) { return absent; }
if (position >= ${length}) { return absent; }
return x[${source}];`;
      executor.launch(out, kernelSource(['x', 'index', 'absent'], body), x, index, Number.NaN);
      rememberBounds(out, boundsIn(x));
    },
    scatterAdd(x, index, out, axis) {
      const [outer, count, inner] = around(index.shape, axis);
      const length = out.shape[axis]!;
      checkIndex('scatterAdd', index, length);
      if (x.size === 0) {
        executor.fill(out, 0);
        rememberBounds(out, [0, 0]);
        return;
      }
      const { statements, at } = unravelIndex('this.thread.x', [outer, length, inner], 'i');
      const source = ravelIndex([at[0]!, 'k', at[2]!], [count * inner, inner, 1]);
      const body = `${statements}
let sum = 0;
for (let k = 0; k < ${count}; k++) {
  const position = index[${source}];
  if (position === ${at[1]}) { sum = sum + x[${source}]; }
  if (position < 0) { sum = sum + absent; }
  if (position >= ${length}) { sum = sum + absent; }
}
return sum;`;
      computeIntegers('scatterAdd', out, integerBounds.sum(boundsIn(x), count), () =>
        executor.launch(out, kernelSource(['x', 'index', 'absent'], body), x, index, Number.NaN),
      );
    },
  };
}
