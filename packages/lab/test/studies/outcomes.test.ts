import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { landmarksOf } from '../../src/studies/landmarks.js';
import { isStable, spreadOf } from '../../src/studies/outcomes.js';
import type { TrialResult } from '../../src/trials/result.js';

const result: TrialResult = {
  device: 'reference',
  parameters: 1,
  testSamples: 1000,
  classes: 10,
  testLoss: 0.1,
  accuracy: 0.97,
  steps: 1,
  seconds: 1,
  epochs: [],
  layers: [],
  stopped: null,
  network: '',
};

describe('a run', () => {
  it('is stable if it ended with a finite loss, better than a guess', () => {
    expect(isStable(result)).toBe(true);
    expect(isStable({ ...result, accuracy: 0.1 })).toBe(false);
    expect(isStable({ ...result, accuracy: 0.115 })).toBe(false);
    expect(isStable({ ...result, accuracy: 0.13 })).toBe(true);
    expect(isStable({ ...result, accuracy: 0.13, testSamples: 20 })).toBe(false);
    expect(isStable({ ...result, testLoss: Number.NaN })).toBe(false);
    expect(isStable({ ...result, accuracy: null, classes: 0 })).toBe(true);
    expect(isStable({ ...result, stopped: { layer: '1', kind: null, step: 3, reason: 'r' } })).toBe(false);
  });
});

describe('the spread of values', () => {
  it('is their mean and the standard deviation of the sample', () => {
    expect(spreadOf([])).toBeNull();
    expect(spreadOf([3])).toEqual({ mean: 3, deviation: null });
    expect(spreadOf([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  });

  it('moves with the values', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.integer({ min: -50, max: 50 }), (list, shift) => {
        const [a, b] = [spreadOf(list)!, spreadOf(list.map((value) => value + shift))!];
        expect(b.mean - a.mean).toBeCloseTo(shift, 9);
        expect(b.deviation!).toBeCloseTo(a.deviation!, 9);
      }),
    );
  });
});

describe('the landmarks of a sweep', () => {
  const points = [
    { x: 2, score: 0.1, stable: false },
    { x: 4, score: 0.4, stable: true },
    { x: 6, score: 0.46, stable: true },
    { x: 8, score: 0.48, stable: true },
    { x: 12, score: 0.475, stable: true },
    { x: 20, score: 0.44, stable: true },
    { x: 35, score: 0.3, stable: true },
  ];

  it('are the best, the cliff before and the decline behind it', () => {
    const found = landmarksOf(points)!;
    expect([found.best.x, found.cliff?.x, found.decline?.x]).toEqual([8, 4, 20]);
  });

  it('are missing where they were not seen', () => {
    expect(landmarksOf([])).toBeUndefined();
    expect(landmarksOf(points.slice(0, 1))).toBeUndefined();
    expect(landmarksOf(points.slice(3, 5))).toMatchObject({ cliff: undefined, decline: undefined });
    const unstable = landmarksOf([{ x: 6, score: 0.9, stable: false }, ...points.slice(3, 5)])!;
    expect([unstable.best.x, unstable.cliff?.x]).toEqual([8, 6]);
  });
});
