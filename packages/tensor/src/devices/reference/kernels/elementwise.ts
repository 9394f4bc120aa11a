import type { BinaryName, ComparisonName, Kernels, Operand } from '../../../kernels.js';
import { scalarFunctions } from '../../../scalar-functions.js';
import { broadcastStrides, type Shape, sameShape } from '../../../shape.js';
import { values } from '../../host/host.js';

type UnaryFunction = (x: number) => number;
type BinaryFunction = (a: number, b: number) => number;

/** IEEE 754's power: where ** gives NaN, 1^b is 1 for every b, and (−1)^±∞ too. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;
}

/** The remainder of a division that rounds down, as Python's: it has the sign of b. */
function floored(a: number, b: number): number {
  const rest = a % b;
  return (rest < 0 && b > 0) || (rest > 0 && b < 0) ? rest + b : rest;
}

const binaryFunctions: Record<BinaryName, BinaryFunction> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  remainder: floored,
  fmod: (a, b) => a % b,
  pow: power,
  maximum: Math.max,
  minimum: Math.min,
  atan2: Math.atan2,
  hypot: Math.hypot,
  reluGradient: (a, b) => (b > 0 ? a : 0),
};

const comparisonFunctions: Record<ComparisonName, BinaryFunction> = {
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
};

/**
 * Walks over a shape row by row (a row is the last axis): `visit` gets the offset of the row in the output and in each
 * operand, whose strides are 0 along repeated axes.
 */
export function forEachRow(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (row: number, offsets: readonly number[]) => void,
): void {
  const rank = shape.length - 1;
  const rowLength = shape[rank] ?? 1;
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  const position = new Array<number>(Math.max(rank, 0)).fill(0);
  const offsets = strides.map(() => 0);
  for (let row = 0; row < rows; row++) {
    visit(row * rowLength, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      position[axis]!++;
      for (let i = 0; i < offsets.length; i++) offsets[i]! += strides[i]![axis]!;
      if (position[axis]! < shape[axis]!) break;
      for (let i = 0; i < offsets.length; i++) offsets[i]! -= strides[i]![axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
}

function mapUnary(apply: UnaryFunction): (x: Operand, out: Operand) => void {
  return (x, out) => {
    const source = values(x);
    const target = values(out);
    for (let i = 0; i < target.length; i++) target[i] = apply(source[i]!);
  };
}

function mapBinary(apply: BinaryFunction): (a: Operand, b: Operand, out: Operand) => void {
  return (a, b, out) => {
    const x = values(a);
    const y = values(b);
    const z = values(out);
    if (out.size === 0) return;
    if (sameShape(a.shape, b.shape)) {
      for (let i = 0; i < z.length; i++) z[i] = apply(x[i]!, y[i]!);
      return;
    }
    const aStrides = broadcastStrides(a.shape, out.shape);
    const bStrides = broadcastStrides(b.shape, out.shape);
    const rowLength = out.shape.at(-1) ?? 1;
    const aStep = aStrides.at(-1) ?? 0;
    const bStep = bStrides.at(-1) ?? 0;
    forEachRow(out.shape, [aStrides, bStrides], (row, offsets) => {
      let i = offsets[0]!;
      let j = offsets[1]!;
      for (let k = row; k < row + rowLength; k++, i += aStep, j += bStep) z[k] = apply(x[i]!, y[j]!);
    });
  };
}

const multiplyFloats = mapBinary(binaryFunctions.mul);
const squareFloats = mapUnary(scalarFunctions.square);
/** Exact modulo 2^32, where the product in double precision has lost its last digits. */
const multiplyIntegers = mapBinary(Math.imul);
const squareIntegers = mapUnary((x) => Math.imul(x, x));

function table<Name extends string, Entry, Kernel>(
  functions: Readonly<Record<Name, Entry>>,
  kernel: (apply: Entry) => Kernel,
): Record<Name, Kernel> {
  return Object.fromEntries(Object.entries<Entry>(functions).map(([name, apply]) => [name, kernel(apply)])) as Record<
    Name,
    Kernel
  >;
}

export const elementwise: Pick<
  Kernels,
  'unary' | 'binary' | 'comparison' | 'where' | 'cast' | 'fill' | 'copy' | 'scale' | 'lerp'
> = {
  unary: {
    ...table(scalarFunctions, mapUnary),
    square: (x, out) => (out.dtype === 'int32' ? squareIntegers : squareFloats)(x, out),
  },
  binary: {
    ...table(binaryFunctions, mapBinary),
    mul: (a, b, out) => (out.dtype === 'int32' ? multiplyIntegers : multiplyFloats)(a, b, out),
  },
  comparison: table(comparisonFunctions, mapBinary),
  where(condition, a, b, out) {
    if (out.size === 0) return;
    const test = values(condition);
    const x = values(a);
    const y = values(b);
    const z = values(out);
    const strides = [condition, a, b].map((operand) => broadcastStrides(operand.shape, out.shape));
    const [testStep, aStep, bStep] = strides.map((each) => each.at(-1) ?? 0) as [number, number, number];
    const rowLength = out.shape.at(-1) ?? 1;
    forEachRow(out.shape, strides, (row, [testOffset, aOffset, bOffset]) => {
      for (let i = 0; i < rowLength; i++) {
        z[row + i] = test[testOffset! + i * testStep] ? x[aOffset! + i * aStep]! : y[bOffset! + i * bStep]!;
      }
    });
  },
  cast(x, out) {
    const source = values(x);
    const target = values(out);
    if (out.dtype === 'bool') for (let i = 0; i < target.length; i++) target[i] = source[i] === 0 ? 0 : 1;
    else target.set(source);
  },
  fill(out, value) {
    values(out).fill(value);
  },
  copy(x, out) {
    values(out).set(values(x));
  },
  scale(x, factor) {
    const target = values(x);
    const by = values(factor)[0]!;
    for (let i = 0; i < target.length; i++) target[i]! *= by;
  },
  lerp(x, y, weight, factor) {
    const target = values(x);
    const source = values(y);
    for (let i = 0; i < target.length; i++) target[i] = (1 - weight) * target[i]! + weight * (factor * source[i]!);
  },
};
