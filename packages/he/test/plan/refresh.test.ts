import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Affine, Source } from '../../src/compile/affine.js';
import type { Program } from '../../src/compile/program.js';
import { SparseMatrix } from '../../src/compile/sparse-matrix.js';
import { leastLevels, placeRefreshes, resultLevels } from '../../src/plan/refresh.js';

/** A program of single numbers: each layer takes the result before it, and perhaps earlier ones, as shortcuts do. */
function programOf(layers: readonly { readonly depth: number; readonly shortcuts: readonly number[] }[]): Program {
  const sources: Source[] = Array.from({ length: layers.length + 1 }, () => ({ size: 1 }));
  const one = SparseMatrix.diagonal(Float64Array.of(1));
  const affine = (from: readonly number[]): Affine => ({
    size: 1,
    terms: new Map(from.map((place) => [sources[place]!, one])),
    constant: new Float64Array(1),
  });
  return {
    inputShape: [1],
    input: sources[0]!,
    layers: layers.map(({ depth, shortcuts }, i) => ({
      name: `layer ${i}`,
      degree: 2 ** depth,
      bound: 1,
      shape: [1],
      input: affine([i, ...shortcuts.map((back) => Math.max(0, i - back))]),
      steps: { steps: [{ kind: 'input' }], polynomialOf: undefined, depth, factor: [1], constant: [0] },
      output: sources[i + 1]!,
    })),
    output: affine([layers.length]),
  };
}

const layers = fc.array(
  fc.record({
    depth: fc.integer({ min: 1, max: 5 }),
    shortcuts: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    weight: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 7 },
);

test('refreshes are where they weigh least altogether', () => {
  fc.assert(
    fc.property(layers, fc.integer({ min: 0, max: 8 }), (own, more) => {
      const program = programOf(own);
      const levels = leastLevels(program) + more;
      const weightOf = (refreshed: ReadonlySet<number>) =>
        [...refreshed].reduce((sum, layer) => sum + own[layer]!.weight, 0);
      let least = Infinity;
      for (let bits = 0; bits < 2 ** own.length; bits++) {
        const refreshed = new Set([...own.keys()].filter((layer) => (bits >> layer) & 1));
        if (resultLevels(program, refreshed).fresh <= levels) least = Math.min(least, weightOf(refreshed));
      }
      const placed = placeRefreshes(
        program,
        levels,
        own.map(({ weight }) => weight),
      )!;
      expect(resultLevels(program, placed).fresh).toBeLessThanOrEqual(levels);
      expect(weightOf(placed)).toBe(least);
      expect(placeRefreshes(program, leastLevels(program) - 1, new Array(own.length).fill(1))).toBeUndefined();
    }),
  );
});
