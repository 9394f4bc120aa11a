import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Contestant } from '../benchmarks/webgpu/contestant.js';
import { inTurns } from '../benchmarks/webgpu/turns.js';

const work = { name: 'matmul 2', work: { kind: 'matmul', side: 2 } } as const;

const contestantOf = (name: string, result: readonly number[]): Contestant => ({
  name,
  prepare: () => ({ run: async () => {}, result: async () => result, dispose: () => {} }),
});

test('a result with a NaN anywhere differs by NaN, others by their largest difference', async () => {
  const numbers = fc.array(fc.double({ min: 1, max: 2, noNaN: true }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(numbers, fc.nat(), async (expected, place) => {
      const withNaN = expected.with(place % expected.length, Number.NaN);
      const further = expected.map((each) => each + 1);
      const rows = await inTurns(
        [expected, withNaN, further, [...expected, 0]].map((result, i) => contestantOf(`${i}`, result)),
        work,
        1e-6,
      );
      const differences = rows.map(({ difference }) => difference);
      expect(differences[2]).toBeCloseTo(1 / Math.max(...expected), 12);
      expect([differences[0], differences[1], differences[3]]).toEqual([0, Number.NaN, Number.POSITIVE_INFINITY]);
    }),
    { numRuns: 30 },
  );
});
