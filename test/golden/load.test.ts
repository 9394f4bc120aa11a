import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type GoldenCase, type GoldenTensors, goldenFamilies, loadGolden } from './load.js';

const shapes = (tensors: GoldenTensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));

const groups = (golden: GoldenCase): GoldenTensors[] => [
  golden.inputs,
  golden.parameters,
  golden.buffers,
  golden.outputs,
  golden.cotangents,
  golden.gradients,
  golden.secondOrder?.gradients ?? {},
];

test('every golden file has a name in the list', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.json'));
  expect(files.sort()).toEqual(goldenFamilies.map((family) => `${family}.json`).sort());
});

describe.each(goldenFamilies)('%s', (family) => {
  const cases = loadGolden(family);

  test('has cases with unique names', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test('has as many numbers in every tensor as its shape says', () => {
    for (const golden of cases) {
      for (const [name, { shape, data }] of groups(golden).flatMap((group) => Object.entries(group))) {
        expect(data.length, `${golden.name}: ${name}`).toBe(shape.reduce((product, size) => product * size, 1));
        expect(data.every((value) => typeof value === 'number')).toBe(true);
      }
    }
  });

  test('has cotangents shaped like outputs, and gradients shaped like what they belong to', () => {
    for (const { name, inputs, parameters, outputs, cotangents, gradients, secondOrder } of cases) {
      expect(shapes(outputs), name).toMatchObject(shapes(cotangents));
      expect(shapes({ ...inputs, ...parameters }), name).toMatchObject(shapes(gradients));
      if (secondOrder) {
        expect(shapes(secondOrder.gradients), name).toEqual(shapes(gradients));
        expect(Object.keys(gradients), name).toEqual(expect.arrayContaining([...secondOrder.of]));
      }
    }
  });
});

test('strings that stand for special numbers become numbers, and zeros keep their sign', () => {
  const negation = loadGolden('elementwise').find(({ name }) => name === 'neg of special values')!;
  expect(negation.kind).toBe('operator');
  expect(negation.subject).toBe('neg');
  expect(negation.outputs.y!.data).toEqual([Number.NaN, -Infinity, Infinity, -0, 0, -800, 800]);
  const clipping = loadGolden('optimizers').find(({ name }) => name === 'clipGradNorm maxNorm=1 normType=Infinity')!;
  expect(clipping.attributes.normType).toBe(Infinity);
});
