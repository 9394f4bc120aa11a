import { apply, operators, tensor } from '@pnn/tensor';
import type { WebGpuDevice } from '@pnn/tensor/webgpu';
import { scalarFunctions } from '../../src/scalar-functions.js';

/** The functions, and where they bend: beyond it their results are 0, infinite, or the same. */
export const measuredFunctions = {
  exp: [-104, 89],
  log: [0, 4],
  sinh: [-89.5, 89.5],
  cosh: [-89.5, 89.5],
  tanh: [-10, 10],
  sin: [-100, 100],
  cos: [-100, 100],
  sigmoid: [-104, 20],
  silu: [-110, 20],
  erf: [-4.5, 4.5],
} as const;

/** One of them. */
export type MeasuredName = keyof typeof measuredFunctions;

const LEAST = 2 ** -126;

/** |actual − exact| in units of the last place of a float32 as large as the exact value. */
function unitsBetween(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded)) return 0;
  // Results below the normal numbers may be flushed to 0.
  if (Math.abs(exact) < LEAST) return Math.abs(actual) <= LEAST ? 0 : Number.POSITIVE_INFINITY;
  const exponent = Math.floor(Math.log2(Math.abs(exact)));
  // NaN is as far as can be.
  return Math.abs(actual - exact) / 2 ** (exponent - 23) || Number.POSITIVE_INFINITY;
}

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

/** How far a result is from the exact value, at the most, and for which argument. */
export interface Worst {
  readonly units: number;
  readonly at: number;
}

/** Every so many of all floats of both signs, NaN among them, and as many of a range. */
function denselyOver([low, high]: readonly [number, number], count: number): Float32Array {
  const values = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    values[i] = floatOf(Math.floor(((i + 0.5) / count) * 2 ** 32));
    values[count + i] = low + ((high - low) * (i + 0.5)) / count;
  }
  return values;
}

/** How far a function of the device is from its exact values at these arguments. */
export async function worstOf(device: WebGpuDevice, name: MeasuredName, values: Float32Array): Promise<Worst> {
  const x = tensor(values, { device });
  const y = apply(operators[name], [x], undefined)[0]!;
  const actual = await y.data();
  for (const each of [x, y]) each.dispose();
  let worst = { units: 0, at: Number.NaN };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const units = Math.min(
      unitsBetween(actual[i]!, scalarFunctions[name](value)),
      // So may arguments.
      Math.abs(value) < LEAST ? unitsBetween(actual[i]!, scalarFunctions[name](0 * value)) : Number.POSITIVE_INFINITY,
    );
    if (units > worst.units) worst = { units, at: value };
  }
  return worst;
}

/** The same over all floats, and over the range where the function bends: so many of each. */
export function worstOverAll(device: WebGpuDevice, name: MeasuredName, count: number): Promise<Worst> {
  return worstOf(device, name, denselyOver(measuredFunctions[name], count));
}
