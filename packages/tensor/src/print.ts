import type { DType, TypedArray } from './dtype.js';
import { formatShape, type Shape, stridesOf } from './shape.js';

const EDGE = 3;
const MAX_WHOLE = 1000;
const PRECISION = 4;

/** The method that Node's `console.log` asks for what an object looks like; the key is the same everywhere. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');

function formatter(data: TypedArray, dtype: DType): (value: number) => string {
  if (dtype === 'bool') return (value) => (value ? 'true' : 'false');
  if (dtype === 'int32') return String;
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let whole = true;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    const size = Math.abs(value);
    largest = Math.max(largest, size);
    if (size > 0) smallest = Math.min(smallest, size);
    whole &&= Number.isInteger(value);
  }
  if (whole && largest < 1e8) return (value) => (Number.isFinite(value) ? `${value}.` : String(value));
  if (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1e5) return (value) => value.toExponential(PRECISION);
  return (value) => (Number.isFinite(value) ? value.toFixed(PRECISION) : String(value));
}

/**
 * The elements as nested rows with aligned columns; long axes show their three first and last entries. The shape stands
 * beside the elements where they do not show it.
 */
export function formatTensor(data: TypedArray, shape: Shape, dtype: DType): string {
  const shortened = data.length > MAX_WHOLE;
  const strides = stridesOf(shape);
  const visible = (axis: number): (number | undefined)[] => {
    const length = shape[axis]!;
    const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
    return shortened && length > 2 * EDGE
      ? [...range(0, EDGE), undefined, ...range(length - EDGE, EDGE)]
      : range(0, length);
  };
  const shown: number[] = [];
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) shown.push(data[offset]!);
    else for (const i of visible(axis)) if (i !== undefined) collect(axis + 1, offset + i * strides[axis]!);
  };
  collect(0, 0);
  const arrayType = data.constructor as new (values: number[]) => TypedArray;
  const format = formatter(new arrayType(shown), dtype);
  const width = shown.reduce((widest, value) => Math.max(widest, format(value).length), 0);
  const render = (axis: number, offset: number, indent: string): string => {
    if (axis === shape.length) return format(data[offset]!).padStart(shape.length === 0 ? 0 : width);
    const last = axis === shape.length - 1;
    const entries = visible(axis).map((i) =>
      i === undefined ? '…' : render(axis + 1, offset + i * strides[axis]!, `${indent} `),
    );
    const separator = last ? ', ' : `,${'\n'.repeat(shape.length - 1 - axis)}${indent} `;
    return `[${entries.join(separator)}]`;
  };
  const incomplete = shortened || data.length === 0;
  return `tensor(${render(0, 0, '       ')}, ${incomplete ? `shape ${formatShape(shape)}, ` : ''}${dtype})`;
}
