import { ArgumentError, ArrayDataset } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdOut } from '../src/index.js';
import { storedInputs } from './normalized.js';

/** Samples that count up, with these classes. */
function samples(labels: readonly number[], classes = 4): ArrayDataset {
  const inputs = Float32Array.from(labels, (_, i) => i);
  return new ArrayDataset({ inputs, inputShape: [1], labels: Int32Array.from(labels), classes });
}

const labelLists = fc.array(fc.nat({ max: 3 }), { minLength: 10, maxLength: 600 });

describe('holdOut', () => {
  test('takes from the other classes what a class with one sample cannot give', () => {
    const labels = Int32Array.from({ length: 11 }, (_, i) => Math.min(i, 1));
    const { heldOut } = holdOut(samples([...labels]), { share: 0.5 });
    expect([...storedInputs(heldOut)]).toHaveLength(6);
    expect([...storedInputs(heldOut)]).not.toContain(0);
  });

  test('parts the samples, takes every class by its share to within one sample, and leaves one of each', () => {
    fc.assert(
      fc.property(labelLists, fc.double({ min: 0.05, max: 0.6, noNaN: true }), fc.nat(), (labels, share, seed) => {
        const { train, heldOut } = holdOut(samples(labels), { share, seed });
        const [left, taken] = [[...storedInputs(train)], [...storedInputs(heldOut)]];
        expect([...left, ...taken].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
        for (const label of new Set(labels)) {
          const size = labels.filter((each) => each === label).length;
          const count = taken.filter((i) => labels[i] === label).length;
          // A class whose share is a whole number gives one more for another one, whose only sample stays.
          expect(count - share * size).toBeGreaterThan(-1);
          expect(count - share * size).toBeLessThanOrEqual(1);
          expect(count).toBeLessThan(size);
        }
      }),
    );
  });

  test('sets the same samples aside for the same seed, others for another', () => {
    const labels = Array.from({ length: 200 }, (_, i) => i % 4);
    const taken = (seed: number) => [...storedInputs(holdOut(samples(labels), { seed }).heldOut)];
    expect(taken(3)).toEqual(taken(3));
    expect(taken(3)).not.toEqual(taken(4));
    expect(taken(3)).toHaveLength(20);
    expect(holdOut(samples(labels)).heldOut.length).toBe(20);
  });

  test('takes whole groups, nobody on both sides, near the share', () => {
    const groups = fc.array(fc.nat({ max: 9 }), { minLength: 20, maxLength: 300 });
    fc.assert(
      fc.property(groups, fc.double({ min: 0.05, max: 0.5, noNaN: true }), fc.nat(), (owners, share, seed) => {
        fc.pre(new Set(owners).size > 1);
        const dataset = samples(owners, 10);
        const { train, heldOut } = holdOut(dataset, { share, seed, groups: Int32Array.from(owners) });
        const [left, taken] = [train, heldOut].map((part) => [...storedInputs(part)]) as [number[], number[]];
        expect([...left, ...taken].sort((a, b) => a - b)).toEqual(owners.map((_, i) => i));
        const inTrain = new Set(left.map((i) => owners[i]));
        for (const i of taken) expect(inTrain.has(owners[i])).toBe(false);
        const largest = Math.max(...owners.map((owner) => owners.filter((each) => each === owner).length));
        expect(Math.abs(taken.length - share * owners.length)).toBeLessThanOrEqual(largest);
      }),
    );
    expect(() => holdOut(samples([0, 1, 2]), { groups: Int32Array.of(4, 4, 4) })).toThrow(
      'all samples are of one group',
    );
    expect(() => holdOut(samples([0, 1, 2]), { groups: Int32Array.of(4, 5) })).toThrow('2 groups are given for 3');
  });

  test('takes samples alike where labels are no classes', () => {
    const inputs = new Float32Array(50);
    const { train, heldOut } = holdOut(new ArrayDataset({ inputs, inputShape: [1], labels: new Float32Array(50) }));
    expect([train.length, heldOut.length]).toEqual([45, 5]);
  });

  test('refuses shares that leave nothing on a side', () => {
    for (const share of [0, 1, -1, Number.NaN])
      expect(() => holdOut(samples([0, 1, 2]), { share })).toThrow(ArgumentError);
    expect(() => holdOut(samples([0]))).toThrow(
      new ArgumentError('holdOut: a share of 0.1 of 1 samples leaves nothing on one side: more samples are needed'),
    );
  });
});
