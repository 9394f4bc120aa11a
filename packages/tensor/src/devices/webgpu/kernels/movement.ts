import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand } from '../../../kernels.js';
import { type Shape, sizeOf, stridesOf } from '../../../shape.js';
import { joinAxes } from '../../joined-axes.js';
import { bufferOf, type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { coordinates, numbered, parametersOf, valuesOf } from '../wgsl/indexing.js';
import type { ScalarType } from '../wgsl/program.js';
import { bitsOf, fill } from './elementwise.js';

const GROUP = 256;

/** out[i, j, …] = x[start + i·stride0 + j·stride1 + …], bits as they are. */
const striding = kernel('strided', ({ rank }: { rank: number }) => ({
  reads: { x: 'u32' },
  writes: { out: 'u32' },
  parameters: {
    count: 'u32',
    start: 'i32',
    ...parametersOf(numbered('shape', rank), 'u32'),
    ...parametersOf(numbered('stride', rank), 'i32'),
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
${coordinates(rank, 'index')}
var source = p.start;
${numbered('at', rank)
  .map((at, axis) => `source += i32(${at}) * p.stride${axis};`)
  .join('\n')}
out[index] = x[source];`,
}));

/** out[start + i·stride0 + j·stride1 + …] = x[i, j, …]. */
const spreading = kernel('spread', ({ rank }: { rank: number }) => ({
  reads: { x: 'u32' },
  writes: { out: 'u32' },
  parameters: {
    count: 'u32',
    start: 'i32',
    ...parametersOf(numbered('shape', rank), 'u32'),
    ...parametersOf(numbered('stride', rank), 'i32'),
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
${coordinates(rank, 'index')}
var place = p.start;
${numbered('at', rank)
  .map((at, axis) => `place += i32(${at}) * p.stride${axis};`)
  .join('\n')}
out[place] = x[index];`,
}));

/** out[i, j, k] = x[i, index[i, j, k], k]; NaN, or the smallest integer, for an index that is out of range. */
const gathering = kernel('gather', () => ({
  reads: { x: 'u32', positions: 'i32' },
  writes: { out: 'u32' },
  parameters: { count: 'u32', along: 'u32', inner: 'u32', length: 'u32', absent: 'u32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let position = u32(positions[index]);
let outer = index / p.inner / p.along;
if (position >= p.length) {
  out[index] = p.absent;
  return;
}
out[index] = x[(outer * p.length + position) * p.inner + index % p.inner];`,
}));

/** Every element of out looks for those that belong to it, in order. */
const scattering = kernel('scatterAdd', ({ type }: { type: ScalarType }) => ({
  reads: { x: type, positions: 'i32' },
  writes: { out: type },
  parameters: { count: 'u32', along: 'u32', inner: 'u32', length: 'u32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let own = (index / p.inner) % p.length;
let first = (index / p.inner / p.length) * p.along * p.inner + index % p.inner;
var sum = ${type}(0);
for (var k = 0u; k < p.along; k++) {
  let at = first + k * p.inner;
  let position = u32(positions[at]);
  if (position == own) { sum += x[at]; }
  ${type === 'f32' ? 'if (position >= p.length) { sum = notANumber(); }' : ''}
}
out[index] = sum;`,
}));

/** @throws ArgumentError where an index is out of range, as far as that is known without reading it */
function checkIndex(operation: string, index: Operand, length: number): void {
  const wrong = bufferOf(index).bounds?.find((position) => index.size > 0 && (position < 0 || position >= length));
  if (wrong === undefined) return;
  throw new ArgumentError(`${operation}: index ${wrong} is not one of the ${length} along the axis`);
}

/** Operators that move elements without computing with them. */
export function movementKernels(
  executor: Executor,
): Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatterAdd'> {
  const gatherStrided = (x: Operand, out: Operand, strides: readonly number[], start: number): void => {
    if (out.size === 0) return;
    const joined = joinAxes(out.shape, [strides]);
    executor.run(
      striding,
      { rank: joined.shape.length },
      {
        reads: [x],
        writes: [out],
        parameters: {
          count: out.size,
          start,
          ...valuesOf('shape', joined.shape),
          ...valuesOf('stride', joined.strides[0]!),
        },
        groups: Math.ceil(out.size / GROUP),
      },
    );
    bufferOf(out).bounds = x.size === out.size ? bufferOf(x).bounds : undefined;
  };
  const spread = (x: Operand, out: Operand, strides: readonly number[], start: number): void => {
    const joined = joinAxes(x.shape, [strides]);
    executor.run(
      spreading,
      { rank: joined.shape.length },
      {
        reads: [x],
        writes: [out],
        parameters: {
          count: x.size,
          start,
          ...valuesOf('shape', joined.shape),
          ...valuesOf('stride', joined.strides[0]!),
        },
        groups: Math.ceil(x.size / GROUP),
      },
    );
  };
  const stepped = (shape: Shape, starts: readonly number[], steps: readonly number[]) => {
    const own = stridesOf(shape);
    return {
      strides: own.map((stride, axis) => stride * steps[axis]!),
      start: own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
    };
  };
  const around = (shape: Shape, axis: number) => ({ along: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) });

  return {
    permute(x, out, axes) {
      const own = stridesOf(x.shape);
      const strides = axes.map((axis) => own[axis]!);
      gatherStrided(x, out, strides, 0);
    },
    slice(x, out, starts, steps) {
      const { strides, start } = stepped(x.shape, starts, steps);
      gatherStrided(x, out, strides, start);
    },
    pad(x, out, starts, steps, value) {
      fill(executor, out, value);
      const { strides, start } = stepped(out.shape, starts, steps);
      if (x.size > 0) spread(x, out, strides, start);
    },
    concat(inputs, out, axis) {
      const strides = stridesOf(out.shape);
      let start = 0;
      for (const input of inputs) {
        if (input.size > 0) spread(input, out, strides, start);
        start += input.shape[axis]! * strides[axis]!;
      }
    },
    gather(x, index, out, axis) {
      const length = x.shape[axis]!;
      checkIndex('gather', index, length);
      executor.run(
        gathering,
        {},
        {
          reads: [x, index],
          writes: [out],
          parameters: {
            count: out.size,
            ...around(index.shape, axis),
            length,
            absent: out.dtype === 'float32' ? bitsOf(Number.NaN, 'f32') : -(2 ** 31),
          },
          groups: Math.ceil(out.size / GROUP),
        },
      );
    },
    scatterAdd(x, index, out, axis) {
      const length = out.shape[axis]!;
      checkIndex('scatterAdd', index, length);
      if (x.size === 0) {
        fill(executor, out, 0);
        return;
      }
      const sizes = around(index.shape, axis);
      executor.run(
        scattering,
        { type: scalarType(x) },
        {
          reads: [x, index],
          writes: [out],
          parameters: { count: out.size, ...sizes, length },
          groups: Math.ceil(out.size / GROUP),
          operations: out.size * sizes.along,
        },
      );
    },
  };
}
