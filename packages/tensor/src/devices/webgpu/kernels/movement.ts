import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand, ScatterReduction } from '../../../kernels.js';
import { broadcastStrides, type Shape, stridesOf } from '../../../shape.js';
import { joinAxes } from '../../joined-axes.js';
import { bufferOf, type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { coordinates, numbered, offsetAt, parametersOf, valuesOf } from '../wgsl/indexing.js';
import type { ScalarType } from '../wgsl/program.js';
import { bitsOf, fill } from './elementwise.js';

const GROUP = 256;

/** Copies bits between elements in their order and those at start + i·stride0 + j·stride1 + … */
const stridedCopy = (name: string, copy: string) =>
  kernel(name, ({ rank }: { rank: number }) => ({
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
${copy}`,
  }));

const striding = stridedCopy('strided', 'out[index] = x[place];');
const spreading = stridedCopy('spread', 'out[place] = x[index];');

/** Statements that declare, for the coordinates of `index`, offsets by strides of these names. */
const offsets = (rank: number, ...names: readonly string[]): string =>
  `${coordinates(rank, 'index')}\n${names.map((name) => `let ${name}Offset = ${offsetAt(rank, name)};`).join('\n')}`;

/** Coordinates along an axis are found in an index; those along the others move through x, and through the index. */
const gathering = kernel('gather', ({ rank }: { rank: number }) => ({
  reads: { x: 'u32', positions: 'i32' },
  writes: { out: 'u32' },
  parameters: {
    count: 'u32',
    length: 'u32',
    stride: 'u32',
    absent: 'u32',
    ...parametersOf([...numbered('shape', rank), ...numbered('row', rank), ...numbered('list', rank)], 'u32'),
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
${offsets(rank, 'row', 'list')}
let position = u32(positions[listOffset]);
if (position >= p.length) {
  out[index] = p.absent;
  return;
}
out[index] = x[rowOffset + position * p.stride];`,
}));

/** How `v` is joined with `result`. */
function joining(reduction: ScatterReduction, type: ScalarType): string {
  switch (reduction) {
    case 'replace':
      return 'v';
    case 'add':
      return 'result + v';
    case 'mul':
      return 'result * v';
    default:
      return type === 'f32' ? `${reduction}imumOf(result, v)` : `${reduction}(result, v)`;
  }
}

interface ScatterVariant {
  readonly [key: string]: string | number | boolean;
  readonly type: ScalarType;
  readonly reduction: ScatterReduction;
  readonly hasBase: boolean;
  readonly rank: number;
}

/** Every element of out looks for those that go there, in order. */
const scattering = kernel('scatter', ({ type, reduction, hasBase, rank }: ScatterVariant) => ({
  reads: { ...(hasBase ? { x: type } : {}), positions: 'i32', source: type },
  writes: { out: type },
  parameters: {
    count: 'u32',
    length: 'u32',
    stride: 'u32',
    along: 'u32',
    sourceStep: 'u32',
    listStep: 'u32',
    absent: 'u32',
    ...parametersOf([...numbered('shape', rank), ...numbered('row', rank), ...numbered('list', rank)], 'u32'),
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let own = index / p.stride % p.length;
${offsets(rank, 'row', 'list')}
var result = ${hasBase ? 'x[index]' : `${type}(0)`};
var wrong = false;
for (var k = 0u; k < p.along; k++) {
  let position = u32(positions[listOffset + k * p.listStep]);
  if (position == own) {
    let v = source[rowOffset + k * p.sourceStep];
    result = ${joining(reduction, type)};
  }
  if (position >= p.length) { wrong = true; }
}
if (wrong) { result = bitcast<${type}>(p.absent); }
out[index] = result;`,
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
): Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatter'> {
  /** Walks over all elements of one of the two, in their order. */
  const copyAlong = (
    program: typeof striding,
    walked: Operand,
    [x, out]: readonly [Operand, Operand],
    strides: readonly number[],
    start: number,
  ): void => {
    const joined = joinAxes(walked.shape, [strides]);
    const { shape } = joined;
    executor.run(
      program,
      { rank: shape.length },
      {
        reads: [x],
        writes: [out],
        parameters: {
          count: walked.size,
          start,
          ...valuesOf('shape', shape),
          ...valuesOf('stride', joined.strides[0]!),
        },
        groups: Math.ceil(walked.size / GROUP),
      },
    );
  };
  const gatherStrided = (x: Operand, out: Operand, strides: readonly number[], start: number): void => {
    if (out.size === 0) return;
    copyAlong(striding, out, [x, out], strides, start);
    bufferOf(out).bounds = x.size === out.size ? bufferOf(x).bounds : undefined;
  };
  const spread = (x: Operand, out: Operand, strides: readonly number[], start: number): void =>
    copyAlong(spreading, x, [x, out], strides, start);
  const stepped = (shape: Shape, starts: readonly number[], steps: readonly number[]) => {
    const own = stridesOf(shape);
    return {
      strides: own.map((stride, axis) => stride * steps[axis]!),
      start: own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
    };
  };
  /** Strides that leave out an axis. */
  const without = (strides: readonly number[], axis: number): number[] =>
    strides.map((stride, each) => (each === axis ? 0 : stride));
  const absentFor = ({ dtype }: Operand): number => (dtype === 'float32' ? bitsOf(Number.NaN, 'f32') : -(2 ** 31));

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
      if (out.size === 0) return;
      const own = stridesOf(x.shape);
      const lists = broadcastStrides(index.shape, out.shape);
      const { shape, strides } = joinAxes(out.shape, [without(own, axis), lists]);
      executor.run(
        gathering,
        { rank: shape.length },
        {
          reads: [x, index],
          writes: [out],
          parameters: {
            count: out.size,
            length,
            stride: own[axis]!,
            absent: absentFor(out),
            ...valuesOf('shape', shape),
            ...valuesOf('row', strides[0]!),
            ...valuesOf('list', strides[1]!),
          },
          groups: Math.ceil(out.size / GROUP),
        },
      );
    },
    scatter(x, index, source, out, axis, reduction) {
      const length = out.shape[axis]!;
      checkIndex(reduction === 'add' ? 'scatterAdd' : 'scatter', index, length);
      if (out.size === 0) return;
      const own = stridesOf(source.shape);
      const lists = broadcastStrides(index.shape, source.shape);
      const { shape, strides } = joinAxes(out.shape, [without(own, axis), without(lists, axis)]);
      const along = source.size === 0 ? 0 : source.shape[axis]!;
      executor.run(
        scattering,
        { type: scalarType(out), reduction, hasBase: x !== undefined, rank: shape.length },
        {
          reads: x ? [x, index, source] : [index, source],
          writes: [out],
          parameters: {
            count: out.size,
            length,
            stride: stridesOf(out.shape)[axis]!,
            along,
            sourceStep: own[axis]!,
            listStep: lists[axis]!,
            absent: absentFor(out),
            ...valuesOf('shape', shape),
            ...valuesOf('row', strides[0]!),
            ...valuesOf('list', strides[1]!),
          },
          groups: Math.ceil(out.size / GROUP),
          operations: out.size * Math.max(1, along),
        },
      );
    },
  };
}
