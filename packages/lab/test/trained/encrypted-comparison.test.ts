import { expect, test } from 'vitest';
import { EncryptedComparison } from '../../src/trained/encrypted-comparison.js';

const times = (answer: number, rotate?: number) => ({
  encrypt: 1,
  refresh: 0,
  answer,
  decrypt: 2,
  operations: rotate === undefined ? undefined : { rotate: { count: 4, milliseconds: rotate } },
});
const result = (logits: readonly number[], answer = 10, rotate?: number) => ({
  logits: Float64Array.from(logits),
  warnings: [],
  times: times(answer, rotate),
});

test('other classes are told apart by how far the two largest logits are apart', () => {
  const comparison = new EncryptedComparison(0.1, true);
  comparison.add(Float64Array.of(3, 1, 2), result([3.05, 1, 2]), 0);
  comparison.add(Float64Array.of(1, 1.05, 0), result([1.04, 1.01, 0]), 1);
  comparison.add(Float64Array.of(0, 1, 0.5), result([0, 1, 1.25]), 2);
  const { agreement, errors, samples } = comparison.record();
  expect(samples).toBe(3);
  expect(agreement).toEqual({ same: 1, close: 1, different: 1, plainAccuracy: 2 / 3, encryptedAccuracy: 2 / 3 });
  expect(errors.largest).toBe(0.75);
  expect(errors.beyond).toBe(1);
  expect(errors.rootMeanSquare).toBeCloseTo(Math.sqrt((0.05 ** 2 + 2 * 0.04 ** 2 + 0.75 ** 2) / 9), 12);
  expect(errors.histogram.counts.reduce((a, b) => a + b)).toBe(9);
  expect(errors.histogram.counts.at(-1)).toBe(1);
});

test('logits that are no numbers count as errors beyond the bound', () => {
  const comparison = new EncryptedComparison(0.1, false);
  comparison.add(Float64Array.of(1, 2), result([Number.NaN, 2]), 0);
  const { agreement, errors } = comparison.record();
  expect(agreement).toBeNull();
  expect(errors.beyond).toBe(1);
  expect(errors.largest).toBeNaN();
});

test('times are the least and the median, operations means of what the server says', () => {
  const comparison = new EncryptedComparison(1, false);
  const plain = Float64Array.of(0);
  for (const [answer, rotate] of [
    [30, 4],
    [10, 8],
    [20, undefined],
  ] as const) {
    comparison.add(plain, result([0], answer, rotate), 0);
  }
  expect(comparison.record().times.answer).toEqual({ least: 10, median: 20 });
  expect(comparison.record().operations).toEqual([{ name: 'rotate', count: 4, milliseconds: 6 }]);
});
