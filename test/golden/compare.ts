import { grad, requireGrad } from '@pnn/autograd';
import type { Module } from '@pnn/nn';
import { type FloatDType, memory, scope, type Tensor, tensor } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { arrayTypes } from '../../packages/tensor/src/dtype.js';
import { type GoldenCase, type GoldenFamily, type GoldenTensor, type GoldenTensors, loadGolden } from './load.js';
import { goldenState } from './modules.js';

/** Tensors by their names in a golden file. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What our side of a comparison computed. */
export interface Computed {
  /** The results by their golden names. */
  readonly outputs: Tensors;
  /** The module that was made for the case: its state is compared as well, and freed. */
  readonly module?: Module;
}

/**
 * Our computation of the cases of one subject. `given` are inputs, parameters and buffers of the case.
 *
 * @returns the output `y`, or everything that was computed
 */
export type Computation = (given: Tensors, golden: GoldenCase, dtype: FloatDType) => Tensor | Computed;

/**
 * How far a number may be from PyTorch's: relative·|expected| + scaled·max |expected| over the tensor + absolute. The
 * second part is for numbers that are small differences of large ones, the third for tensors in which all are.
 */
export interface Tolerance {
  readonly relative: number;
  readonly scaled: number;
  readonly absolute?: number;
}

/** A tolerance for each type. */
export type Tolerances = Readonly<Record<FloatDType, Tolerance>>;

/** The tolerances for a tensor of this name among the values (order 0), the gradients (1) or their gradients (2) of a case. */
export type TolerancesOf = (golden: GoldenCase, order: 0 | 1 | 2, name: string) => Tolerances;

const floatTypes: readonly FloatDType[] = ['float64', 'float32'];

function dtypeFor({ dtype }: GoldenTensor, float: FloatDType) {
  return dtype === 'float64' ? float : dtype;
}

/** The golden tensors on the default device, numbers of type `float`. */
export function tensorsOf(golden: GoldenTensors, float: FloatDType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(golden).map(([name, stored]) => [
      name,
      tensor(arrayTypes[dtypeFor(stored, float)].from(stored.data), { shape: stored.shape }),
    ]),
  );
}

function isClose(found: number, expected: number, bound: number): boolean {
  if (!Number.isFinite(expected) || !Number.isFinite(found)) return Object.is(found, expected);
  return Math.abs(found - expected) <= bound;
}

/**
 * Fails unless the tensor has shape, type and, within the tolerance, numbers of the golden one. In float32 numbers beyond
 * its range are infinite. Zeros may have either sign.
 */
export function expectGolden(
  label: string,
  found: Tensor,
  golden: GoldenTensor,
  float: FloatDType,
  tolerances: Tolerances,
): void {
  const dtype = dtypeFor(golden, float);
  expect(found.shape, `${label}: shape`).toEqual(golden.shape);
  expect(found.dtype, `${label}: dtype`).toBe(dtype);
  const numbers = Array.from<number>(arrayTypes[dtype].from(golden.data));
  const { relative, scaled, absolute = 0 } = tolerances[float];
  const exact = golden.dtype !== 'float64';
  const largest = numbers.reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 0);
  const values = found.dataSync();
  numbers.forEach((expected, i) => {
    const bound = exact ? 0 : relative * Math.abs(expected) + scaled * largest + absolute;
    if (isClose(values[i]!, expected, bound)) return;
    expect.fail(
      `${label}: element ${i} is ${values[i]} instead of ${expected}, ` +
        `off by ${Math.abs(values[i]! - expected).toExponential(1)} where ${bound.toExponential(1)} is allowed`,
    );
  });
}

function expectAll(
  label: string,
  found: Tensors,
  golden: GoldenTensors,
  float: FloatDType,
  tolerancesOf: (name: string) => Tolerances,
): void {
  expect(Object.keys(found).sort(), label).toEqual(Object.keys(golden).sort());
  for (const [name, expected] of Object.entries(golden)) {
    expectGolden(`${label} ${name}`, found[name]!, expected, float, tolerancesOf(name));
  }
}

function named(names: readonly string[], tensors: readonly Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
}

/** The gradients by the fused rules, again by the differentiable ones, and the second order where it is stored. */
function expectGradients(
  golden: GoldenCase,
  outputs: Tensors,
  leaves: Tensors,
  float: FloatDType,
  tolerancesOf: TolerancesOf,
): void {
  const names = Object.keys(golden.gradients);
  if (names.length === 0) return;
  const targets = names.map((name) => leaves[name]!);
  const total = Object.entries(tensorsOf(golden.cotangents, float))
    .map(([name, cotangent]) => outputs[name]!.mul(cotangent).sum())
    .reduce((sum, each) => sum.add(each));
  const firstOrder = (name: string) => tolerancesOf(golden, 1, name);
  const gradients = grad(total, targets, { retainGraph: true });
  expectAll('gradient of', named(names, gradients), golden.gradients, float, firstOrder);
  const differentiable = grad(total, targets, { createGraph: true });
  expectAll('differentiable gradient of', named(names, differentiable), golden.gradients, float, firstOrder);
  if (!golden.secondOrder) return;
  const squares = golden.secondOrder.of
    .map((name) => differentiable[names.indexOf(name)]!.square().sum())
    .reduce((sum, each) => sum.add(each));
  const second = squares.requiresGrad ? grad(squares, targets) : targets.map((target) => target.mul(0));
  expectAll('second order of', named(names, second), golden.secondOrder.gradients, float, (name) =>
    tolerancesOf(golden, 2, name),
  );
}

function expectCase(golden: GoldenCase, compute: Computation, float: FloatDType, tolerancesOf: TolerancesOf): void {
  const given = tensorsOf({ ...golden.inputs, ...golden.parameters, ...golden.buffers }, float);
  for (const name of Object.keys(golden.gradients)) requireGrad(given[name]!);
  const computed = compute(given, golden, float);
  const { outputs, module } = 'outputs' in computed ? computed : { outputs: { y: computed } };
  try {
    const state = module ? goldenState(module) : {};
    const afterwards = Object.fromEntries(Object.entries(state).filter(([name]) => name in golden.outputs));
    expectAll('output', { ...outputs, ...afterwards }, golden.outputs, float, (name) => tolerancesOf(golden, 0, name));
    expectGradients(golden, outputs, { ...given, ...state }, float, tolerancesOf);
  } finally {
    module?.dispose();
  }
}

/**
 * Compares every case of a family with PyTorch, in float64 and in float32: all outputs, all gradients (twice: by the fused
 * rules and by the differentiable ones) and those of second order. A subject without a computation fails, as does a case
 * that leaves tensors behind.
 */
export function compareWithGolden(
  family: GoldenFamily,
  computations: Readonly<Record<string, Computation>>,
  tolerancesOf: TolerancesOf,
): void {
  const cases = loadGolden(family);
  describe.each(floatTypes)(`${family} in %s`, (float) => {
    const compared = new Set<string>();

    test.each(cases.map((golden) => [golden.name, golden] as const))('%s', (name, golden) => {
      compared.add(name);
      const compute = computations[golden.subject];
      if (!compute) return expect.fail(`no computation for ${golden.kind} '${golden.subject}'`);
      const before = memory();
      scope(() => expectCase(golden, compute, float, tolerancesOf));
      expect(memory()).toEqual(before);
    });

    test('compared every case, and has no computation without a case', () => {
      expect([...compared].sort()).toEqual(cases.map(({ name }) => name).sort());
      expect(Object.keys(computations).sort()).toEqual([...new Set(cases.map(({ subject }) => subject))].sort());
    });
  });
}
