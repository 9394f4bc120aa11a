import { ArgumentError, memory, Sequential, scope, tensor } from '@pnn/nn';
import { array, assert, asyncProperty, double, integer, oneof } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolynomialActivation, RangeTracker } from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';

const between = (min: number, max: number) => double({ min, max, noNaN: true });
const batches = array(array(oneof(between(-1, 1), between(-3, 3)), { minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 4,
});

const BOUND = 2;

function trackedActivation() {
  const activation = new PolynomialActivation({ degree: 2, bound: BOUND });
  return { activation, tracker: new RangeTracker(activation) };
}

function forward(activation: PolynomialActivation, xs: ArrayLike<number>): void {
  scope(() => void activation.forward(tensor(Float32Array.from(xs))));
}

/** All units as inputs in float32. */
function inputsOf(units: readonly (readonly number[])[]): number[][] {
  return units.map((batch) => batch.map((unit) => Math.fround(unit * BOUND)));
}

describe('RangeTracker', () => {
  it('has the largest input, the share outside and the quantiles that sorting finds', async () => {
    await assert(
      asyncProperty(batches, between(0.001, 1), async (units, share) => {
        const { activation, tracker } = trackedActivation();
        const inputs = inputsOf(units);
        for (const xs of inputs) {
          forward(activation, xs);
          const [batch] = await tracker.collect();
          tracker.accept();
          expect(batch).toEqual({ maxAbs: Math.max(...xs.map(Math.abs)), notFinite: 0 });
        }
        const sorted = inputs
          .flat()
          .map(Math.abs)
          .sort((a, b) => a - b);
        const exact = (q: number) => sorted[Math.ceil(q * sorted.length) - 1]!;
        const [range] = tracker.ranges();
        expect(range!.maxAbs).toBe(sorted.at(-1));
        expect(range!.shareOutside).toBe(sorted.filter((x) => x > BOUND).length / sorted.length);
        for (const [found, q] of [
          [tracker.quantile(0, share), share],
          [range!.q999, 0.999],
        ] as const) {
          // Never too small, and by a bin too large at most; beyond 2B it is the largest input.
          expect(found).toBeGreaterThanOrEqual(exact(q) * (1 - 1e-6));
          if (exact(q) < 1.99 * BOUND) expect(found).toBeLessThanOrEqual(exact(q) + (1.01 * BOUND) / 1024);
          else expect(found).toBeLessThanOrEqual(sorted.at(-1)!);
        }
        tracker.detach();
        activation.dispose();
      }),
    );
  });

  it('counts the inputs of each interval', async () => {
    await assert(
      asyncProperty(array(array(integer({ min: -384, max: 384 }))), async (batches) => {
        const { activation, tracker } = trackedActivation();
        // Multiples of a power of two, so that none is rounded over an edge.
        const inputs = batches.map((batch) => batch.map((n) => n / 64));
        for (const xs of inputs) forward(activation, xs);
        await tracker.collect();
        tracker.accept();
        const { edges, counts } = tracker.histogram(0, 8);
        expect(edges).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
        const expected = counts.map((_, bin) => {
          const [low, high] = [edges[bin]!, edges[bin + 1]!];
          return inputs.flat().filter((x) => (x >= low || bin === 0) && (x < high || bin === 7)).length;
        });
        expect(counts).toEqual(expected);
        tracker.detach();
        activation.dispose();
      }),
    );
  });

  it.each([
    { xs: [Number.NaN, Number.NaN, 1, 0], share: 0.5 },
    { xs: [Number.POSITIVE_INFINITY, 1, -1, 0], share: 0.25 },
    { xs: [3, -4, 1, 0], share: 0.5 },
  ])('counts what is not finite as outside: $xs', async ({ xs, share }) => {
    const { activation, tracker } = trackedActivation();
    forward(activation, xs);
    await tracker.collect();
    tracker.accept();
    expect(tracker.ranges()[0]!.shareOutside).toBe(share);
  });

  it('refuses bins that do not fit', () => {
    const { tracker } = trackedActivation();
    for (const bins of [0, -2, 3, 100, 8192, Number.NaN]) {
      expect(() => tracker.histogram(0, bins)).toThrow(ArgumentError);
    }
  });

  it('takes all forwards since the last collection, of each activation its own', async () => {
    const first = new PolynomialActivation({ target: 'tanh', degree: 1, bound: 1 });
    const second = new PolynomialActivation({ degree: 2, bound: 0.1 });
    const network = new Sequential(first, second);
    const tracker = new RangeTracker(network);
    expect(tracker.activations).toEqual([
      ['0', first],
      ['1', second],
    ]);
    expect(tracker.ranges()).toEqual([
      { maxAbs: 0, q999: 0, shareOutside: 0 },
      { maxAbs: 0, q999: 0, shareOutside: 0 },
    ]);
    scope(() => void network.forward(tensor([0.5, -3])));
    scope(() => void network.forward(tensor([0.25, 1.5])));
    const batch = await tracker.collect();
    tracker.accept();
    expect(batch[0]).toEqual({ maxAbs: 3, notFinite: 0 });
    expect(tracker.ranges()[0]).toEqual({ maxAbs: 3, q999: 3, shareOutside: 0.5 });
    expect(tracker.ranges()[1]!.shareOutside).toBe(1);
    expect(await tracker.collect()).toEqual([
      { maxAbs: 0, notFinite: 0 },
      { maxAbs: 0, notFinite: 0 },
    ]);
  });

  it('says that inputs were not finite', async () => {
    const { activation, tracker } = trackedActivation();
    forward(activation, [1, Number.NaN, -0.5]);
    expect(await tracker.collect()).toEqual([{ maxAbs: 1, notFinite: 1 }]);
    tracker.accept();
    expect(tracker.ranges()[0]!.maxAbs).toBe(Number.POSITIVE_INFINITY);
    forward(activation, [Number.NEGATIVE_INFINITY]);
    expect(await tracker.collect()).toEqual([{ maxAbs: Number.POSITIVE_INFINITY, notFinite: 1 }]);
    tracker.accept();
    const nothingElse = trackedActivation();
    forward(nothingElse.activation, [Number.NaN]);
    await nothingElse.tracker.collect();
    nothingElse.tracker.accept();
    expect(nothingElse.tracker.ranges()[0]!.q999).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes without distributions where they are not asked for, and then has the largest input for a quantile', async () => {
    const { activation, tracker } = trackedActivation();
    tracker.takeHistograms = false;
    forward(activation, [0.1, 1.5]);
    await tracker.collect();
    tracker.accept();
    expect(tracker.ranges()).toEqual([{ maxAbs: 1.5, q999: 1.5, shareOutside: 0 }]);
    expect(tracker.histogram(0, 2).counts).toEqual([0, 0]);
  });

  it('leaves out the forwards that are not to count', async () => {
    const { activation, tracker } = trackedActivation();
    tracker.following = false;
    forward(activation, [9]);
    tracker.following = true;
    forward(activation, [1]);
    await tracker.collect();
    tracker.accept();
    expect(tracker.ranges()[0]!.maxAbs).toBe(1);
  });

  it('counts nothing that was discarded, collected or not', async () => {
    const { activation, tracker } = trackedActivation();
    forward(activation, [1, 0.5]);
    await tracker.collect();
    tracker.accept();
    const before = [tracker.state(), await settledMemory()];
    forward(activation, [Number.POSITIVE_INFINITY]);
    expect(await tracker.collect()).toEqual([{ maxAbs: Number.POSITIVE_INFINITY, notFinite: 1 }]);
    forward(activation, [9]);
    tracker.discard();
    tracker.accept();
    expect([tracker.state(), memory()]).toEqual(before);
    expect(await tracker.collect()).toEqual([{ maxAbs: 0, notFinite: 0 }]);
  });

  it('forgets at a reset, what was not yet collected too', async () => {
    const { activation, tracker } = trackedActivation();
    const before = await settledMemory();
    forward(activation, [3]);
    await tracker.collect();
    tracker.accept();
    forward(activation, [5]);
    tracker.reset();
    expect(await tracker.collect()).toEqual([{ maxAbs: 0, notFinite: 0 }]);
    expect(tracker.ranges()).toEqual([{ maxAbs: 0, q999: 0, shareOutside: 0 }]);
    expect(memory()).toEqual(before);
  });

  it('stops when it is detached, keeps its results and frees the rest', async () => {
    const { activation, tracker } = trackedActivation();
    const before = await settledMemory();
    forward(activation, [1.5]);
    await tracker.collect();
    tracker.accept();
    forward(activation, [2.5]);
    tracker.detach();
    forward(activation, [3.5]);
    expect(await tracker.collect()).toEqual([{ maxAbs: 0, notFinite: 0 }]);
    expect(tracker.ranges()[0]!.maxAbs).toBe(1.5);
    expect(memory()).toEqual(before);
  });

  it('goes on from its state, through JSON, as if it had never stopped', async () => {
    await assert(
      asyncProperty(batches, batches, async (before, after) => {
        const { activation, tracker } = trackedActivation();
        for (const xs of inputsOf(before)) forward(activation, xs);
        await tracker.collect();
        tracker.accept();
        const state = JSON.parse(JSON.stringify(tracker.state())) as ReturnType<RangeTracker['state']>;
        const resumed = new RangeTracker(activation);
        resumed.restore(state);
        for (const xs of inputsOf(after)) forward(activation, xs);
        for (const each of [tracker, resumed]) {
          await each.collect();
          each.accept();
        }
        expect(resumed.ranges()).toEqual(tracker.ranges());
        expect(resumed.histogram(0, 4096)).toEqual(tracker.histogram(0, 4096));
        activation.dispose();
      }),
      { numRuns: 30 },
    );
  });
});
