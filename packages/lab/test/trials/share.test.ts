import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultExperiment } from '../../src/experiment/specs.js';
import { trialsOf } from '../../src/trials/share.js';
import { makeTrial, type Trial, trialId } from '../../src/trials/trial.js';

function trialOf(seed: number, start: string | null, folder: string | null = null): Trial {
  const training = { ...defaultExperiment.training, seed };
  return makeTrial(
    `seed ${seed}`,
    'polynomial',
    {},
    {
      data: { dataset: 'digits', folder, settings: {}, augmentation: null, train: null, test: null },
      experiment: { ...defaultExperiment, training },
      start: start === null ? null : { trial: start, polynomials: 'new', frozen: false },
      device: 'wasm',
    },
  );
}

describe('the shares of a study', () => {
  it('have every trial once, and each with all that it begins with', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 20 }), fc.integer({ min: 1, max: 6 }), (starts, of) => {
        const trials: Trial[] = [];
        for (const [seed, start] of starts.entries()) trials.push(trialOf(seed, trials[start - 1]?.id ?? null));
        const shares = Array.from({ length: of }, (_, index) => trialsOf(trials, { number: index + 1, of }));
        expect(
          shares
            .flat()
            .map(({ id }) => id)
            .sort(),
        ).toEqual(trials.map(({ id }) => id).sort());
        for (const share of shares) {
          const ids = new Set(share.map(({ id }) => id));
          for (const { spec } of share) if (spec.start) expect(ids).toContain(spec.start.trial);
        }
      }),
    );
  });
});

describe('the id of a trial', () => {
  it('is that of its spec, wherever the data lie and whatever order the fields have', () => {
    const { spec, id } = trialOf(1, null);
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(trialOf(1, null, '/data/digits').id).toBe(id);
    expect(trialId(Object.fromEntries(Object.entries(spec).reverse()) as unknown as typeof spec)).toBe(id);
    expect(trialOf(2, null).id).not.toBe(id);
  });
});
