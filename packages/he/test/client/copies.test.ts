/** When copies of a logit differ by more than errors of computing do, and when a client must not say so. */
import { Generator, normal } from '@pnn/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disagreementLimit, disagreementOf, disagreementOfBatch } from '../../src/client/copies.js';
import { logitsOf } from '../../src/client/logits.js';
import { spreadOfDigits } from '../../src/plan/noise.js';

/** A bound is six deviations of a logit, as the planner finds it. */
const DEVIATIONS = 6;
const degrees = fc.constantFrom(8192, 16384, 32768);

/** Slots of logits 0 to 1, with errors that are independent of each other, and the bound that a planner would give. */
function noisyResult(degree: number, periodBits: number, seed: number) {
  const [slots, period] = [degree / 2, 2 ** periodBits];
  const logits = Math.ceil((2 * period) / 3);
  const generator = new Generator(seed, 'copies');
  const spread = spreadOfDigits(degree);
  const errors = normal([slots], 0, 1, { generator }).dataSync();
  const values = Float64Array.from(
    { length: slots },
    (_, slot) => (slot % period < logits ? (slot % period) / period : 0) + 1e-6 * spread[slot]! * errors[slot]!,
  );
  // Of a mean of values with deviations s, each with the weight 1/s: √n over the sum of all 1/s.
  let weights = 0;
  for (let slot = 0; slot < slots; slot += period) weights += 1 / spread[slot]!;
  const errorBound = (DEVIATIONS * 1e-6 * Math.sqrt(slots / period)) / weights;
  const places = Array.from({ length: logits }, (_, i) => i);
  return { plan: { degree, errorBound, output: { level: 0, scale: 1, places, period, ciphertexts: 1 } }, values };
}

test('errors of computing are below the limit, however many copies a logit is the mean of', () => {
  fc.assert(
    fc.property(degrees, fc.nat({ max: 12 }), fc.nat({ max: 999 }), (degree, periodBits, seed) => {
      const { plan, values } = noisyResult(degree, periodBits, seed);
      const found = disagreementOf(plan, [values], logitsOf(plan, [values]));
      expect(found).toBeLessThan(disagreementLimit(plan) / 4);
    }),
    { numRuns: 30 },
  );
});

test('slots of a damaged result are beyond it', () => {
  const { plan, values } = noisyResult(8192, 4, 1);
  const logits = logitsOf(plan, [values]);
  const limit = disagreementLimit(plan);
  const damaged = values.map((value, slot) => value + 4 * limit * Math.cos(slot ** 2));
  expect(disagreementOf(plan, [damaged], logits)).toBeGreaterThan(limit);
});

test('a batch is compared with what its free slots repeat; a full one cannot be', () => {
  const [first, second] = [0.5, -2];
  const values = Float64Array.from({ length: 9 }, (_, slot) => (slot % 2 === 0 ? first : second));
  expect(disagreementOfBatch([values, values], 2)).toBe(0);
  expect(disagreementOfBatch([values, values.map((value, slot) => value + slot)], 2)).toBeGreaterThan(2);
  // One input whose errors are larger does not make the others doubtful.
  const steep = Float64Array.from({ length: 9 }, (_, slot) => (slot === 3 || slot === 6 ? 1 : slot % 3));
  expect(disagreementOfBatch([steep], 3)).toBe(0);
  expect(disagreementOfBatch([values.slice(0, 2)], 2)).toBe(0);
});
