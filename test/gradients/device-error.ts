import { grad, requireGrad } from '@pnn/autograd';
import { type Device, Generator, normal, reference, scope, setDevice, tensor } from '@pnn/tensor';
import { tensorOf } from '../../packages/tensor/test/oracle.js';
import { UNIT } from '../../packages/tensor/test/wasm/variants.js';
import type { GradientCase } from './gradient-case.js';

/** Terms that a result may be the sum of: each adds a rounding of the size of the result. */
const TERMS = 64;

/** Where and from what a case is computed. */
export interface Setting {
  readonly device: Device;
  readonly dtype: 'float32' | 'float64';
  /** By how many units in the last place of float32 the inputs are moved. */
  readonly nudge?: (position: number) => number;
}

/** The results of a case and the gradients of its inputs, all from numbers that float32 holds. */
export function differentiate({ inputs, f }: GradientCase, { device, dtype, nudge = () => 0 }: Setting): number[][] {
  setDevice(device);
  let position = 0;
  const moved = (value: number) => Math.fround(value) * (1 + UNIT * nudge(position++));
  return scope(() => {
    const leaves = inputs.map(({ shape, data }) => requireGrad(tensorOf({ shape, data: data.map(moved) }, dtype)));
    const output = f(...leaves);
    const drawn = normal(output.shape, 0, 1, { device: reference, generator: new Generator(1) }).dataSync();
    const gradient = tensor(Array.from(drawn, moved), { dtype: output.dtype }).reshape(output.shape);
    return [output, ...grad(output, leaves, { gradient })].map((each) => Array.from(each.dataSync()));
  });
}

/** The largest distance of two numbers at one place. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/**
 * How far results in float32 may be from the exact ones: what roundings of the inputs change in them (their condition),
 * what roundings of the results between the steps change (the error of the reference in float32, whose sums are exact), and
 * a rounding of the largest result, which may have been a term of the others; for as many terms as are added.
 */
export function boundsOf(given: GradientCase, exact: readonly number[][]): number[] {
  const generator = new Generator(2);
  const nudged = [1, 2, 3].map(() =>
    differentiate(given, { device: reference, dtype: 'float64', nudge: () => 2 * generator.uniform() - 1 }),
  );
  const stored = differentiate(given, { device: reference, dtype: 'float32' });
  const largest = exact.flat().reduce((size, value) => Math.max(size, Math.abs(value)), 1);
  return exact.map((values, i) => {
    const condition = Math.max(...nudged.map((each) => largestDifference(each[i]!, values)));
    const storage = largestDifference(stored[i]!, values);
    return TERMS * (condition + storage + UNIT * largest);
  });
}
