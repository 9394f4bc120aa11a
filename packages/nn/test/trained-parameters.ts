import { type FloatDType, Generator, type Shape, scope, type Tensor, tensor } from '@pnn/tensor';
import { expect } from 'vitest';
import { arrayTypes } from '../../tensor/src/dtype.js';
import { Parameter, type ParameterRole } from '../src/parameter.js';

/** A parameter with these elements: float64, one axis and a weight where nothing is said. */
export function parameterOf(
  data: readonly number[],
  options: { readonly shape?: Shape; readonly dtype?: FloatDType; readonly role?: ParameterRole } = {},
): Parameter {
  const { shape = [data.length], dtype = 'float64', role } = options;
  return new Parameter(tensor(arrayTypes[dtype].from(data), { shape }), role);
}

/** Makes these numbers the gradient of the parameter, by differentiating Σ parameter·gradient. */
export function giveGradient(parameter: Parameter, data: readonly number[]): void {
  scope(() => {
    const { dtype, shape } = parameter;
    const factors = tensor(arrayTypes[dtype].from(data), { shape });
    parameter.mul(factors).sum().backward();
  });
}

/** Normally distributed numbers that repeat. */
export function normals(seed: number, stream: string, count: number): number[] {
  const generator = new Generator(seed, stream);
  return Array.from({ length: count }, () => generator.normal());
}

/** The bytes of a tensor, in which −0 and 0 differ and NaN does not differ from itself. */
export function bitsOf(values: Tensor): string {
  const data = values.dataSync();
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** Checks that the numbers agree to a relative error of 1e-12 (absolute below 1). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    expect(error, `${what}: element ${i} is ${actual[i]} instead of ${expected[i]}`).toBeLessThanOrEqual(1e-12);
  }
}
