import { type Device, reference, scope, type Tensor, type TypedArray, tensor } from '@pnn/tensor';
import { enableRelaxedSimd } from '@pnn/tensor/node';
import fc from 'fast-check';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, type InstructionSet, instantiate, type KernelExports } from '../../src/devices/wasm/instance.js';

enableRelaxedSimd();

/** The wasm device with each set of instructions. */
export const variants: readonly (readonly [InstructionSet, Device])[] = (['simd', 'relaxedSimd'] as const).map(
  (instructionSet) => [instructionSet, deviceWith(instantiate(compile(instructionSet)))],
);

/** The exports, with the blocks of every kernel in reverse order. */
export function reversed(exports: KernelExports): KernelExports {
  const names = Object.keys(exports) as (keyof KernelExports)[];
  const reverse = (name: keyof KernelExports): KernelExports[keyof KernelExports] => {
    const kernel = exports[name];
    const count = (exports as Readonly<Record<string, KernelExports[keyof KernelExports] | undefined>>)[
      `${name}Blocks`
    ];
    if (!count) return kernel;
    return (task, block, scratch) => kernel(task, count(task, 0, 0) - 1 - block, scratch);
  };
  return Object.fromEntries(names.map((name) => [name, reverse(name)])) as KernelExports;
}

/** The rounding error of float32, and the largest that underflow adds. */
export const UNIT = 2 ** -24;
const UNDERFLOW = 2 ** -149;

/** Numbers that float32 holds: of ordinary size, so that no sum overflows. */
export const ordinary: fc.Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(...[0, -0, 1, -1, 1e-30, -1e-40, 1e15].map(Math.fround)) },
);

/** Ordinary numbers with some that are not finite between them. */
export const withSpecials: fc.Arbitrary<number> = fc.oneof(
  { weight: 12, arbitrary: ordinary },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  },
);

/** As many numbers as the shape has places: drawn where few, repeated with a period that no power of two divides. */
export function dataOf(shape: readonly number[], numbers: fc.Arbitrary<number>): fc.Arbitrary<number[]> {
  const size = shape.reduce((product, length) => product * length, 1);
  const drawn = Math.min(size, 211);
  return fc
    .array(numbers, { minLength: drawn, maxLength: drawn })
    .map((values) => Array.from({ length: size }, (_, i) => values[i % drawn]!));
}

/** The elements as a tensor on the device. */
export function place(
  device: Device,
  shape: readonly number[],
  data: readonly number[],
  dtype: 'float32' | 'float64' = 'float32',
): Tensor {
  return tensor([...data], { dtype, device }).reshape(shape);
}

/**
 * How far a float32 result may be from the exact sum of `terms` products: each goes through at most `terms` roundings
 * (its product's and those of the sums it is in), so that the error is at most γ·Σ|a||b| with γ = nu/(1 − nu) (Higham,
 * "Accuracy and Stability of Numerical Algorithms", section 3.1); products may underflow, and the reference is rounded
 * once.
 */
export function sumBound(terms: number, magnitude: number): number {
  const gamma = ((terms + 1) * UNIT) / (1 - (terms + 1) * UNIT);
  return gamma * magnitude + (terms + 1) * UNDERFLOW;
}

/** Fails where an element is further from the expected one than its bound; NaN and infinities must be equal. */
export function expectWithin(actual: Tensor, expected: ArrayLike<number>, bounds: ArrayLike<number>): void {
  const values = actual.dataSync();
  if (values.length !== expected.length) throw new Error(`${values.length} elements instead of ${expected.length}`);
  for (let i = 0; i < values.length; i++) {
    const a = values[i]!;
    const e = expected[i]!;
    if (Number.isFinite(e) ? Math.abs(a - e) <= bounds[i]! : Object.is(a, e)) continue;
    throw new Error(`element ${i} is ${a}, expected ${e} within ${bounds[i]}`);
  }
}

/** Fails where results differ in type, length or an element; -0 is not 0. `toEqual` takes microseconds for an element. */
export function expectSame(actual: TypedArray, expected: TypedArray): void {
  const [type, length] = [expected.constructor.name, expected.length];
  if (actual.constructor !== expected.constructor || actual.length !== length) {
    throw new Error(`${actual.length} elements in ${actual.constructor.name} instead of ${length} in ${type}`);
  }
  for (let i = 0; i < length; i++) {
    if (!Object.is(actual[i], expected[i])) throw new Error(`element ${i} is ${actual[i]}, expected ${expected[i]}`);
  }
}

/** A result of the reference in double precision, and the same of the absolute values: what errors are measured by. */
export function exactly(
  inputs: readonly (readonly [readonly number[], readonly number[]])[],
  compute: (...inputs: Tensor[]) => Tensor,
): { expected: ArrayLike<number>; magnitudes: ArrayLike<number> } {
  return scope(() => {
    const of = (map: (value: number) => number) =>
      compute(...inputs.map(([shape, data]) => place(reference, shape, data.map(map), 'float64'))).dataSync();
    return { expected: of((value) => value), magnitudes: of(Math.abs) };
  });
}
