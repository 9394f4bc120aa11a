import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInside, largestShareOutside, summarize, wilsonInterval } from '../../src/report/summary.js';
import { exampleReport } from './example-report.js';

describe('summarize', () => {
  it('compares every run with the reference', () => {
    const [eight, four, reference] = summarize(exampleReport());
    expect(eight!.difference).toBeCloseTo(0.987 - 0.9892, 12);
    expect(four!.difference).toBeCloseTo(0.9793 - 0.9892, 12);
    expect(reference!.difference).toBeNull();
    expect(reference!.boundaryLoss).toBeNull();
  });

  it('tells a network at chance from one that has learned', () => {
    const example = exampleReport();
    const [run] = example.runs;
    const atChance = (accuracy: number, classes = example.dataset.classes) =>
      summarize({
        ...example,
        dataset: { ...example.dataset, test: 1000, classes },
        runs: [{ ...run!, final: { ...run!.final!, testMetrics: { accuracy } } }],
      })[0]!.atChance;
    expect([0, 0.1, 0.11, 0.13, 0.98].map((accuracy) => atChance(accuracy))).toEqual([true, true, true, false, false]);
    expect([atChance(0.5, ['yes', 'no']), atChance(0.5, [])]).toEqual([true, false]);
    expect(summarize({ ...example, runs: [{ ...run!, final: null }] })[0]!.atChance).toBe(false);
  });

  it('weighs the clipped share by the steps of the epochs', () => {
    const example = exampleReport();
    const run = example.runs[0]!;
    const [first] = run.epochs;
    const epochs = [
      { ...first!, steps: 30, clippedShare: 1 },
      { ...first!, steps: 10, clippedShare: 0 },
    ];
    const [summary] = summarize({ ...example, runs: [{ ...run, epochs }] });
    expect(summary!.clippedShare).toBe(0.75);
    expect(summary!.steps).toBe(40);
    expect(summarize({ ...example, runs: [{ ...run, epochs, clipNorm: null }] })[0]!.clippedShare).toBeNull();
  });

  it('takes the inputs of the test, else of the last validation, else of the last training epoch', () => {
    const example = exampleReport();
    const run = example.runs[0]!;
    const dataOf = (changed: typeof run) => summarize({ ...example, runs: [changed] })[0]!.containment.data;
    const unvalidated = run.epochs.map((epoch) => ({
      ...epoch,
      layers: epoch.layers.map((layer) => ({ ...layer, validation: null })),
    }));
    expect(dataOf(run)).toBe('test');
    expect(dataOf({ ...run, final: null })).toBe('validation');
    expect(dataOf({ ...run, final: null, epochs: unvalidated })).toBe('training');
    expect(dataOf({ ...run, final: null, epochs: [] })).toBeNull();
  });
});

describe('containment', () => {
  const layer = exampleReport().runs[0]!.layers[0]!;
  const range = (maxAbs: number, shareOutside: number) => ({ maxAbs, q999: maxAbs, shareOutside });

  it('holds only if no input is outside', () => {
    expect(isInside(range(6, 0), layer)).toBe(true);
    expect(isInside(range(6.01, 0), layer)).toBe(false);
    expect(isInside(range(5, 1e-9), layer)).toBe(false);
    expect(isInside(range(Number.NaN, 0), layer)).toBe(false);
  });

  it('is as bad as its worst layer, and unknown if one is', () => {
    expect(largestShareOutside({ data: 'test', ranges: [range(1, 0.1), null, range(1, 0.3)] })).toBe(0.3);
    expect(largestShareOutside({ data: 'test', ranges: [range(1, 0.1), range(1, Number.NaN)] })).toBeNaN();
    expect(largestShareOutside({ data: null, ranges: [null] })).toBeNull();
  });
});

describe('wilsonInterval', () => {
  it('ends where the observed rate is 1.96 standard errors away', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        (share, count) => {
          for (const end of wilsonInterval(share, count)!) {
            expect(Math.abs(share - end) / Math.sqrt((end * (1 - end)) / count)).toBeCloseTo(1.959964, 4);
          }
        },
      ),
    );
  });

  it('contains the rate, even 0 and 1, and is unknown for what is no rate', () => {
    expect(wilsonInterval(1, 100)![1]).toBeCloseTo(1, 15);
    expect(wilsonInterval(1, 100)![0]).toBeCloseTo(0.963, 3);
    expect(wilsonInterval(0, 100)![0]).toBeCloseTo(0, 15);
    expect(wilsonInterval(Number.NaN, 100)).toBeNull();
    expect(wilsonInterval(0.5, 0)).toBeNull();
  });
});
