import type { BinaryName, ComparisonName, Kernels, Operand, UnaryName } from '../../../kernels.js';
import { broadcastStrides, sameShape } from '../../../shape.js';
import { joinAxes } from '../../joined-axes.js';
import { bufferOf, type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { unaryExpressions } from '../wgsl/functions.js';
import { coordinates, numbered, offsetAt, parametersOf, valuesOf } from '../wgsl/indexing.js';
import type { ScalarType } from '../wgsl/program.js';

/** Invocations of a workgroup: on a processor one that has nothing to do takes as long as the others. */
function groupOf({ isSoftware }: Executor): number {
  return isSoftware ? 64 : 256;
}

/** What all programs of this file depend on. */
interface Grouped {
  readonly [key: string]: string | number | boolean;
  /** Invocations of a workgroup. */
  readonly group: number;
}

/** Elements of one invocation where operands lie side by side. */
const WIDTH = 4;

/** Expressions of floats `a` and `b`. */
const floatExpressions: Readonly<Record<BinaryName, string>> = {
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  remainder: 'flooredRemainder(a, b)',
  fmod: 'truncatedRemainder(a, b)',
  pow: 'power(a, b)',
  maximum: 'maximumOf(a, b)',
  minimum: 'minimumOf(a, b)',
  atan2: 'angleOfPoint(a, b)',
  hypot: 'hypotenuse(a, b)',
  reluGradient: 'select(0.0, a, b > 0.0 && !isNan(b))',
};

const integerExpressions: Readonly<Partial<Record<BinaryName, string>>> = {
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'integerQuotient(a, b)',
  remainder: 'flooredIntegerRemainder(a, b)',
  fmod: 'integerRemainder(a, b)',
  pow: 'integerPower(a, b)',
  maximum: 'max(a, b)',
  minimum: 'min(a, b)',
  reluGradient: 'select(0, a, b > 0)',
};

const integerUnaryExpressions: Readonly<Partial<Record<UnaryName, string>>> = {
  neg: '-v',
  abs: 'abs(v)',
  sign: 'sign(v)',
  relu: 'max(v, 0)',
  square: 'v * v',
};

const comparisonOperators: Readonly<Record<ComparisonName, string>> = {
  equal: '==',
  notEqual: '!=',
  less: '<',
  lessEqual: '<=',
  greater: '>',
  greaterEqual: '>=',
};

/** NaN is unequal to everything, and neither less nor greater. */
function comparison(name: ComparisonName, type: ScalarType): string {
  const compared = `a ${comparisonOperators[name]} b`;
  if (type !== 'f32') return `select(0u, 1u, ${compared})`;
  const ofNan = name === 'notEqual' ? '1u' : '0u';
  return `select(select(0u, 1u, ${compared}), ${ofNan}, isNan(a) || isNan(b))`;
}

const casts: Readonly<Record<ScalarType, Readonly<Record<ScalarType, string>>>> = {
  f32: { f32: 'v', i32: 'toInteger(v)', u32: 'select(0u, 1u, magnitudeBits(v) != 0u)' },
  i32: { f32: 'f32(v)', i32: 'v', u32: 'select(0u, 1u, v != 0)' },
  u32: { f32: 'f32(v)', i32: 'i32(v)', u32: 'v' },
};

/** Where the expression that a variant computes is found. */
type Table = 'unary' | 'binary' | 'comparison' | 'cast' | 'where';

function expressionOf(table: Table, name: string, type: ScalarType, outType: ScalarType): string {
  switch (table) {
    case 'unary': {
      const own = type === 'f32' ? unaryExpressions : integerUnaryExpressions;
      return own[name as UnaryName]!;
    }
    case 'binary':
      return (type === 'f32' ? floatExpressions : integerExpressions)[name as BinaryName]!;
    case 'comparison':
      return comparison(name as ComparisonName, type);
    case 'cast':
      return casts[type][outType];
    case 'where':
      return 'select(b, a, condition != 0u)';
  }
}

const operandNames: Readonly<Record<Table, readonly string[]>> = {
  unary: ['v'],
  cast: ['v'],
  binary: ['a', 'b'],
  comparison: ['a', 'b'],
  where: ['condition', 'a', 'b'],
};

interface Computation extends Grouped {
  readonly table: Table;
  readonly name: string;
  readonly type: ScalarType;
  readonly outType: ScalarType;
}

function typesOf({ table, type }: Computation): readonly ScalarType[] {
  return table === 'where' ? ['u32', type, type] : operandNames[table].map(() => type);
}

function computing(variant: Computation): string {
  const types = typesOf(variant);
  const { table, name, type, outType } = variant;
  const parameters = operandNames[table].map((operand, i) => `${operand}: ${types[i]}`).join(', ');
  return `fn compute(${parameters}) -> ${outType} { return ${expressionOf(table, name, type, outType)}; }`;
}

/** Operands of the shape of the output, or single numbers: four elements an invocation. */
const sideBySide = kernel('elementwise', (variant: Computation & { readonly scalars: string }) => {
  const names = operandNames[variant.table];
  const types = typesOf(variant);
  const isScalar = (i: number) => variant.scalars[i] === '1';
  const values = names.map((name, i) =>
    isScalar(i) ? `let ${name} = vec4<${types[i]}>(${name}Elements[0]);` : `let ${name} = ${name}Elements[index];`,
  );
  const calls = ['x', 'y', 'z', 'w'].map((lane) => `compute(${names.map((name) => `${name}.${lane}`).join(', ')})`);
  return {
    reads: Object.fromEntries(
      names.map((name, i) => [`${name}Elements`, isScalar(i) ? types[i]! : `vec4<${types[i]}>`]),
    ),
    writes: { out: `vec4<${variant.outType}>` },
    parameters: { count: 'u32' },
    workgroupSize: variant.group,
    declarations: computing(variant),
    body: `if (index >= p.count) { return; }
${values.join('\n')}
out[index] = vec4<${variant.outType}>(${calls.join(', ')});`,
  };
});

/** Operands that broadcast: an element an invocation. */
const broadcasting = kernel('broadcasting', (variant: Computation & { readonly rank: number }) => {
  const names = operandNames[variant.table];
  const types = typesOf(variant);
  const { rank } = variant;
  const arguments_ = names.map((name) => `${name}Elements[${offsetAt(rank, `${name}Stride`)}]`);
  return {
    reads: Object.fromEntries(names.map((name, i) => [`${name}Elements`, types[i]!])),
    writes: { out: variant.outType },
    parameters: {
      count: 'u32',
      ...parametersOf(numbered('shape', rank), 'u32'),
      ...Object.assign({}, ...names.map((name) => parametersOf(numbered(`${name}Stride`, rank), 'u32'))),
    },
    workgroupSize: variant.group,
    declarations: computing(variant),
    body: `if (index >= p.count) { return; }
${coordinates(rank, 'index')}
out[index] = compute(${arguments_.join(', ')});`,
  };
});

const filling = kernel('fill', ({ group }: Grouped) => ({
  reads: {},
  writes: { out: 'vec4<u32>' },
  parameters: { count: 'u32', bits: 'u32' },
  workgroupSize: group,
  body: 'if (index < p.count) { out[index] = vec4<u32>(p.bits); }',
}));

const scaling = kernel('scale', ({ group }: Grouped) => ({
  reads: { factor: 'f32' },
  writes: { x: 'vec4<f32>' },
  parameters: { count: 'u32' },
  workgroupSize: group,
  body: 'if (index < p.count) { x[index] = x[index] * factor[0]; }',
}));

const interpolating = kernel('lerp', ({ group }: Grouped) => ({
  reads: { y: 'vec4<f32>' },
  writes: { x: 'vec4<f32>' },
  parameters: { count: 'u32', weight: 'f32', rest: 'f32', factor: 'f32' },
  workgroupSize: group,
  body: 'if (index < p.count) { x[index] = p.rest * x[index] + p.weight * (p.factor * y[index]); }',
}));

/** The 32 bits of a number of the type. */
export function bitsOf(value: number, type: ScalarType): number {
  return type === 'f32' ? new Int32Array(Float32Array.of(value).buffer)[0]! : value | 0;
}

/** Vectors of four elements that hold a tensor. */
export function vectorsOf(size: number): number {
  return Math.ceil(size / WIDTH);
}

/** An operand whose elements are moved as they are. */
export function asBits({ shape, size, buffer }: Operand): Operand {
  return { shape, size, buffer, dtype: 'bool' };
}

/** Sets all elements. */
export function fill(executor: Executor, out: Operand, value: number): void {
  const count = vectorsOf(out.size);
  const group = groupOf(executor);
  executor.run(
    filling,
    { group },
    {
      reads: [],
      writes: [out],
      parameters: { count, bits: bitsOf(value, scalarType(out)) },
      groups: Math.ceil(count / group),
    },
  );
}

function compute(executor: Executor, table: Table, name: string, operands: readonly Operand[], out: Operand): void {
  if (out.size === 0) return;
  const type = scalarType(operands.at(-1)!);
  const group = groupOf(executor);
  const variant = { group, table, name, type, outType: scalarType(out) };
  if (operands.every((operand) => operand.size === 1 || sameShape(operand.shape, out.shape))) {
    const count = vectorsOf(out.size);
    const scalars = operands.map(({ size }) => (size === 1 && out.size > 1 ? '1' : '0')).join('');
    executor.run(
      sideBySide,
      { ...variant, scalars },
      {
        reads: operands,
        writes: [out],
        parameters: { count },
        groups: Math.ceil(count / group),
      },
    );
    return;
  }
  const own = operands.map(({ shape }) => broadcastStrides(shape, out.shape));
  const { shape, strides } = joinAxes(out.shape, own);
  const named = operandNames[table].map((operand, i) => valuesOf(`${operand}Stride`, strides[i]!));
  executor.run(
    broadcasting,
    { ...variant, rank: shape.length },
    {
      reads: operands,
      writes: [out],
      parameters: Object.assign({ count: out.size }, valuesOf('shape', shape), ...named),
      groups: Math.ceil(out.size / group),
    },
  );
}

function table<Name extends string, Run>(names: readonly Name[], run: (name: Name) => Run): Record<Name, Run> {
  return Object.fromEntries(names.map((name) => [name, run(name)])) as Record<Name, Run>;
}

/** Functions of single elements, and what changes elements in place. */
export function elementwiseKernels(
  executor: Executor,
): Pick<
  Kernels,
  'unary' | 'binary' | 'comparison' | 'where' | 'cast' | 'fill' | 'copy' | 'broadcast' | 'scale' | 'lerp'
> {
  /** Bits are moved as they are: copies keep subnormal numbers and the bits of NaN. */
  const copy = (x: Operand, out: Operand): void => {
    compute(executor, 'cast', '', [asBits(x)], asBits(out));
  };
  return {
    unary: table(Object.keys(unaryExpressions) as UnaryName[], (name) => (x: Operand, out: Operand) => {
      compute(executor, 'unary', name, [x], out);
    }),
    binary: table(Object.keys(floatExpressions) as BinaryName[], (name) => (a: Operand, b: Operand, out: Operand) => {
      compute(executor, 'binary', name, [a, b], out);
    }),
    comparison: table(
      Object.keys(comparisonOperators) as ComparisonName[],
      (name) => (a: Operand, b: Operand, out: Operand) => compute(executor, 'comparison', name, [a, b], out),
    ),
    where: (condition, a, b, out) => compute(executor, 'where', '', [condition, a, b], out),
    cast: (x, out) => (x.dtype === out.dtype ? copy(x, out) : compute(executor, 'cast', '', [x], out)),
    fill(out, value) {
      fill(executor, out, value);
      if (out.dtype === 'int32') bufferOf(out).bounds = [value, value];
    },
    copy(x, out) {
      if (bufferOf(x).block !== bufferOf(out).block) copy(x, out);
    },
    broadcast(x, out) {
      copy(x, out);
    },
    scale(x, factor) {
      const group = groupOf(executor);
      const count = vectorsOf(x.size);
      const launch = { reads: [factor], writes: [x], parameters: { count }, groups: Math.ceil(count / group) };
      executor.run(scaling, { group }, launch);
    },
    lerp(x, y, weight, factor) {
      const group = groupOf(executor);
      const count = vectorsOf(x.size);
      executor.run(
        interpolating,
        { group },
        {
          reads: [y],
          writes: [x],
          parameters: { count, weight, rest: 1 - weight, factor },
          groups: Math.ceil(count / group),
        },
      );
    },
  };
}
