import { type Device, type DType, reference, type Shape, scope, sizeOf, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';

/** What a kernel must fulfill on a device, in a browser or in Node. */
export interface KernelCase {
  readonly name: string;
  /** Fails by throwing; `runs` is the number of random inputs. */
  check(device: Device, runs: number): Promise<void>;
}

/** The rounding error of float32. */
export const UNIT = 2 ** -24;
/** What is lost where numbers below 2^-126 count as 0, times what they are multiplied with in these tests. */
export const FLUSHED = 1e-35;
/** A quotient of shaders is within 2.5 units in the last place (GLSL ES 3.00, section 4.5.1), five roundings. */
export const DIVISION = 5 * UNIT;

/** A shape with its elements. */
export interface Table {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly dtype?: DType;
}

/** Numbers of float32 in a range; none below 2^-126 but 0, which shaders may take for 0. */
export function floats(min: number, max: number): fc.Arbitrary<number> {
  return fc
    .float({ min: Math.fround(min), max: Math.fround(max), noNaN: true })
    .map((value) => (Math.abs(value) < 2 ** -126 ? 0 : value));
}

export const numbers: fc.Arbitrary<number> = floats(-8, 8);
export const withSpecials: fc.Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: numbers },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

/** As many numbers as the shape has places: drawn where few, repeated with a period that no power of two divides. */
export function tableOf(shape: Shape, elements: fc.Arbitrary<number> = numbers): fc.Arbitrary<Table> {
  const size = sizeOf(shape);
  const drawn = Math.min(size, 211);
  return fc
    .array(elements, { minLength: drawn, maxLength: drawn })
    .map((values) => ({ shape, data: Array.from({ length: size }, (_, i) => values[i % drawn]!) }));
}

/** The table as a tensor on the device; in double precision where that is asked for. */
export function place(device: Device, { shape, data, dtype = 'float32' }: Table, precision?: 'double'): Tensor {
  const type = precision === 'double' && dtype === 'float32' ? 'float64' : dtype;
  return tensor([...data], { dtype: type, device }).reshape(shape);
}

/** The elements of what is computed, read back. */
export async function read(compute: () => readonly Tensor[]): Promise<ArrayLike<number>[]> {
  const results = scope(compute);
  const arrays = await Promise.all(results.map((result) => result.data()));
  for (const result of results) result.dispose();
  return arrays;
}

type Computation = (...inputs: Tensor[]) => readonly Tensor[];

/** Results of the device, those of the reference in double precision, and those of absolute values, which measure errors. */
export async function compare(device: Device, inputs: readonly Table[], compute: Computation) {
  const actual = await read(() => compute(...inputs.map((input) => place(device, input))));
  const exactly = (map: (value: number) => number) =>
    read(() => compute(...inputs.map((input) => place(reference, { ...input, data: input.data.map(map) }, 'double'))));
  return { actual, expected: await exactly((value) => value), magnitudes: await exactly(Math.abs) };
}

/** Fails where an element is further from the expected one than its bound; NaN and infinities must be equal. */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (expected: number, index: number) => number,
): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements instead of ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    const e = expected[i]!;
    const a = actual[i]!;
    const isExact = a === e || (Number.isNaN(a) && Number.isNaN(e));
    if (isExact || (Number.isFinite(e) && Math.abs(a - e) <= bound(e, i) + FLUSHED)) continue;
    throw new Error(`element ${i} is ${a}, expected ${e} within ${bound(e, i) + FLUSHED}`);
  }
}

/** Fails where an element differs. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expectWithin(actual, expected, () => 0);
}

/**
 * How far a float32 result may be from the exact sum of `terms` products (Higham, "Accuracy and Stability of Numerical
 * Algorithms", section 3.1): γ·Σ|a||b| with γ = nu/(1 − nu).
 */
export function sumBound(terms: number, magnitude: number): number {
  const roundings = (terms + 2) * UNIT;
  return (roundings / (1 - roundings)) * magnitude;
}

/** A case that draws inputs and checks each. */
export function forAll<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  check: (device: Device, input: Input) => Promise<void>,
): KernelCase {
  return {
    name,
    check: (device, runs) =>
      fc.assert(
        fc.asyncProperty(inputs, (input) => check(device, input)),
        // Shrinking would compile kernels for every smaller shape.
        { numRuns: runs, endOnFailure: true },
      ),
  };
}

/** Pairs of integers, for rows and columns. */
export const pairs = (min: number, max: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Compares sums of so many terms. */
export async function withinSums(
  device: Device,
  inputs: readonly Table[],
  terms: number,
  compute: (...inputs: Tensor[]) => readonly Tensor[],
): Promise<void> {
  const { actual, expected, magnitudes } = await compare(device, inputs, compute);
  for (const [i, values] of actual.entries()) {
    expectWithin(values, expected[i]!, (_, at) => sumBound(terms, magnitudes[i]![at]!));
  }
}
