import { grad, requireGrad } from '@pnn/autograd';
import { type Device, getDevice, reference, scope, setDevice, type Tensor, tensor } from '@pnn/tensor';
import { gpu } from '@pnn/tensor/gpu';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementwiseCases } from '../gradients/cases/elementwise.js';
import { fusedCases } from '../gradients/cases/fused.js';
import { movementCases } from '../gradients/cases/movement.js';
import { reductionCases } from '../gradients/cases/reduction.js';
import { windowCases } from '../gradients/cases/window.js';
import type { GradientCase } from '../gradients/gradient-case.js';

/** Casts are to float64, which the device refuses. */
const { cast: _casts, ...elementwise } = elementwiseCases;
const families = { ...elementwise, ...movementCases, ...reductionCases, ...windowCases, ...fusedCases };
const UNIT = 2 ** -24;
const STEP = 1e-7;

type Points = readonly (readonly number[])[];

/** The gradients of Σ(0.3y² + 0.7y), which depend on the value as well. */
function gradients(device: Device, { inputs, f }: GradientCase, points: Points): number[] {
  const before = getDevice();
  setDevice(device);
  try {
    return scope(() => {
      const dtype = device === reference ? 'float64' : 'float32';
      const leaves = inputs.map(({ shape }, i) => requireGrad(tensor([...points[i]!], { dtype }).reshape(shape)));
      const y: Tensor = f(...leaves);
      if (!y.requiresGrad) return [];
      return grad(y.square().mul(0.3).add(y.mul(0.7)).sum(), leaves).flatMap((each) => Array.from(each.dataSync()));
    });
  } finally {
    setDevice(before);
  }
}

/** Σ_j |∂g_i/∂x_j|·|x_j| for every gradient g_i: how much of it relative errors of the inputs move. */
function sensitivities(each: GradientCase, points: Points, at: readonly number[]): number[] {
  const sums = at.map(() => 0);
  points.forEach((point, i) => {
    point.forEach((x, k) => {
      const moved = points.map((other, j) => other.map((value, l) => (i === j && k === l ? value + STEP : value)));
      gradients(reference, each, moved).forEach((g, index) => {
        sums[index]! += (Math.abs(g - at[index]!) / STEP) * Math.max(Math.abs(x), 1);
      });
    });
  });
  return sums;
}

/**
 * A function of a shader is off by a hundred roundings at most (see the cases of the kernels), and a rule of
 * differentiation applies four of them one to the other, besides the sums over all the elements. Each such error is that of
 * a slightly different input.
 */
const roundings = (elements: number): number => (400 + elements) * UNIT;

describe.each(['cpu', 'webasm'] as const)('gradients in mode %s', (mode) => {
  test.each(Object.entries(families))('%s', async (_, arbitrary) => {
    const device = await gpu({ mode });
    fc.assert(
      fc.property(arbitrary, (each) => {
        const points = each.inputs.map(({ data }) => Array.from(data, Math.fround));
        const expected = gradients(reference, each, points);
        const actual = gradients(device, each, points);
        const movement = sensitivities(each, points, expected);
        const error = roundings(points.flat().length);
        expect(actual).toHaveLength(expected.length);
        actual.forEach((value, i) => {
          const bound = error * (Math.abs(expected[i]!) + movement[i]! + 1);
          expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(bound);
        });
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
