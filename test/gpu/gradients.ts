import { grad, requireGrad } from '@pnn/autograd';
import { type Device, type FloatDType, getDevice, reference, scope, setDevice, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { expectWithin } from '../../packages/tensor/test/gpu/cases/kernel-case.js';
import { gradientCases as allCases } from '../gradients/cases/index.js';
import type { GradientCase, GradientCases } from '../gradients/gradient-case.js';
import { boundsOfErrors } from './disturbed-reference.js';

/** Casts are to float64, which the device refuses. */
const { cast: _casts, ...cases } = allCases;

/** The cases that every mode of the GPU device is held to, by their name. */
export const gradientCases: GradientCases = cases;

/** The gradients of Σ(0.3y² + 0.7y), which depend on the value as well. */
async function gradients(device: Device, dtype: FloatDType, { inputs, f }: GradientCase): Promise<number[]> {
  const before = getDevice();
  setDevice(device);
  let results: Tensor[];
  try {
    results = scope(() => {
      const leaves = inputs.map(({ shape, data }) =>
        requireGrad(tensor(Array.from(data, Math.fround), { dtype }).reshape(shape)),
      );
      const y = f(...leaves);
      return y.requiresGrad ? grad(y.square().mul(0.3).add(y.mul(0.7)).sum(), leaves) : [];
    });
  } finally {
    setDevice(before);
  }
  const arrays = await Promise.all(results.map((result) => result.data()));
  for (const result of results) result.dispose();
  return arrays.flatMap((array) => Array.from(array));
}

/** Fails where a gradient on the device is further from that of the reference than errors of its kernels can explain. */
async function checkGradients(device: Device, given: GradientCase): Promise<void> {
  const expected = await gradients(reference, 'float64', given);
  const actual = await gradients(device, 'float32', given);
  const bounds = await boundsOfErrors(expected, (disturbed) => gradients(disturbed, 'float64', given));
  expectWithin(actual, expected, (_, i) => bounds[i]!);
}

/**
 * Checks one of `gradientCases` on a device, at random points.
 *
 * @param runs the number of points: for each, shaders are compiled for other shapes
 */
export async function checkGradientCase(device: Device, name: string, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(gradientCases[name]!, (given) => checkGradients(device, given)),
    { numRuns: runs, endOnFailure: true },
  );
}
