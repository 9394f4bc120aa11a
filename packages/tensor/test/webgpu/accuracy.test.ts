import { apply, operators, tensor } from '@pnn/tensor';
import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { scalarFunctions } from '../../src/scalar-functions.js';
import { missing } from './adapter.js';

/** The functions, and where they bend: beyond it their results are 0, infinite, or the same. */
const functions = {
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

type Name = keyof typeof functions;

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

/** Every so many of all floats of both signs, NaN among them, and as many of a range. */
function denselyOver([low, high]: readonly [number, number], count: number): Float32Array {
  const values = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    values[i] = floatOf(Math.floor(((i + 0.5) / count) * 2 ** 32));
    values[count + i] = low + ((high - low) * (i + 0.5)) / count;
  }
  return values;
}

describe.skipIf(missing)('functions are within two units in the last place of their exact values', () => {
  let device: WebGpuDevice;
  beforeAll(async () => {
    device = await webgpu({ software: true });
  });

  async function worstOf(name: Name, values: Float32Array): Promise<{ units: number; at: number }> {
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

  test.each(Object.keys(functions) as Name[])('%s, densely over all floats', async (name) => {
    const worst = await worstOf(name, denselyOver(functions[name], 2 ** 15));
    expect(worst.units, `at ${worst.at}`).toBeLessThanOrEqual(2);
  });

  test.each(Object.keys(functions) as Name[])('%s, at random', async (name) => {
    const [min, max] = functions[name];
    const numbers = fc.oneof(fc.float(), fc.float({ min, max, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(numbers, { minLength: 500, maxLength: 2000 }), async (values) => {
        expect((await worstOf(name, Float32Array.from(values))).units).toBeLessThanOrEqual(2);
      }),
      { numRuns: 5 },
    );
  });
});
