import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EpochSums } from '../../src/training/epoch-statistics.js';

const finite = fc.double({ min: 0, max: 1e6, noNaN: true });
const steps = fc.array(
  fc.record({
    step: fc.nat(),
    samples: fc.integer({ min: 1, max: 100 }),
    loss: finite,
    boundary: finite,
    norm: finite,
    clipped: fc.boolean(),
    seconds: finite,
    right: fc.nat({ max: 100 }),
  }),
  { minLength: 1, maxLength: 200 },
);

function sumsOf(all: typeof steps extends fc.Arbitrary<infer T> ? T : never, sums = new EpochSums()): EpochSums {
  for (const { right, ...step } of all) {
    sums.add({ ...step, metrics: { right: right / step.samples } }, { right });
  }
  return sums;
}

describe('EpochSums', () => {
  it('has the means over samples, and median and maximum of all norms', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const record = sumsOf(all).record(3, 0.1, [], undefined, 2);
        const samples = all.reduce((sum, each) => sum + each.samples, 0);
        const mean = (value: (each: (typeof all)[number]) => number) =>
          all.reduce((sum, each) => sum + value(each), 0) / samples;
        const norms = all.map(({ norm }) => norm).sort((a, b) => a - b);
        const middle = [norms[(norms.length - 1) >> 1]!, norms[norms.length >> 1]!];
        expect(record).toMatchObject({
          epoch: 3,
          steps: all.length,
          trainLoss: mean((each) => each.samples * each.loss),
          boundaryLoss: mean((each) => each.samples * each.boundary),
          trainMetrics: { right: mean((each) => each.right) },
          gradientNorm: {
            median: norms.length % 2 === 1 ? middle[0] : (middle[0]! + middle[1]!) / 2,
            max: norms.at(-1),
          },
          clippedShare: all.filter(({ clipped }) => clipped).length / all.length,
          learningRate: 0.1,
          validationLoss: null,
          validationMetrics: null,
        });
      }),
    );
  });

  it('goes on from its state through JSON as if it had never stopped', () => {
    fc.assert(
      fc.property(steps, steps, (first, second) => {
        const whole = sumsOf(second, sumsOf(first));
        const resumed = sumsOf(second, new EpochSums(JSON.parse(JSON.stringify(sumsOf(first).state()))));
        expect(resumed.state()).toEqual(whole.state());
        expect(resumed.record(1, 1, [], undefined, 0)).toEqual(whole.record(1, 1, [], undefined, 0));
      }),
    );
  });

  it('hands out copies, and does not change what it was made from', () => {
    const sums = new EpochSums();
    const step = { step: 1, samples: 1, loss: 1, boundary: 0, metrics: {}, norm: 5, clipped: false, seconds: 0 };
    sums.add(step, {});
    const state = sums.state();
    const resumed = new EpochSums(state);
    sums.add(step, {});
    resumed.add(step, {});
    expect(state.norms).toEqual([5]);
    expect(sums.state().norms).toEqual([5, 5]);
  });

  it('copies its norms a few times in an epoch, not at every step', () => {
    const sums = new EpochSums();
    const copies = vi.spyOn(Float64Array.prototype, 'set');
    const step = { step: 1, samples: 1, loss: 1, boundary: 0, metrics: {}, norm: 5, clipped: false, seconds: 0 };
    for (let i = 0; i < 60_000; i++) sums.add(step, {});
    expect(copies.mock.calls.length).toBeLessThan(20);
    copies.mockRestore();
    expect(sums.steps).toBe(60_000);
  });
});
