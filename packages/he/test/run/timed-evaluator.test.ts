import { expect, test } from 'vitest';
import { topLevel, withPrimes } from '../../src/ckks/parameters.js';
import { timedEvaluator } from '../../src/run/timed-evaluator.js';
import { SlotsEvaluator } from '../slots-evaluator.js';

const parameters = withPrimes({ degree: 4096, bits: [36, 30, 36] });

test('operations are counted and measured, and compute what they did without', () => {
  const inner = new SlotsEvaluator(parameters, [1, 2, 3]);
  const { evaluator, take } = timedEvaluator(inner);
  const level = topLevel(parameters);
  const values = Float64Array.from({ length: 2048 }, (_, i) => i);
  const x = evaluator.load(SlotsEvaluator.message(values, level, 2 ** 30));
  const rotated = evaluator.rotateMany(x, [1, 2, 3]);
  const weights = rotated.map(() => evaluator.encode(values.fill(1), 2 ** 20, level));
  const sum = evaluator.sumOfProducts(rotated, weights);
  expect(SlotsEvaluator.numbers(evaluator.save(sum))[0]).toBe(1 + 2 + 3);
  expect(evaluator.live).toBe(inner.live);
  const times = take();
  const counts = Object.fromEntries(Object.entries(times).map(([name, { count }]) => [name, count]));
  expect(counts).toEqual({ load: 1, rotateMany: 3, encode: 3, sumOfProducts: 3, save: 1 });
  for (const { milliseconds } of Object.values(times)) expect(milliseconds).toBeGreaterThanOrEqual(0);
  expect(take()).toEqual({});
  expect(() => evaluator.rotate(x, 5)).toThrow();
  expect(take().rotate!.count).toBe(1);
});
