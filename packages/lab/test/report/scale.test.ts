import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDrawable, kindFor, scaleFor } from '../../src/report/chart/scale.js';
import { intervalAround, logTicks, multiplesWithin, niceStep } from '../../src/report/chart/ticks.js';

const magnitude = fc
  .integer({ min: -150, max: 149 })
  .chain((exponent) => fc.double({ min: 1, max: 9.99, noNaN: true }).map((m) => m * 10 ** exponent));
const moderate = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const number = fc.oneof(
  moderate,
  magnitude,
  magnitude.map((value) => -value),
  fc.constant(0),
);

describe('niceStep', () => {
  it('is 1, 2 or 5 times a power of ten and the smallest that gives at most count steps', () => {
    fc.assert(
      fc.property(magnitude, fc.integer({ min: 1, max: 20 }), (span, count) => {
        const step = niceStep(span, count);
        expect(['1', '2', '5']).toContain(step.toExponential().split('e')[0]);
        expect(span / step).toBeLessThanOrEqual(count * (1 + 1e-8));
        expect(span / step).toBeGreaterThan((count / 2.5) * (1 - 1e-8));
      }),
    );
  });
});

describe('multiplesWithin and intervalAround', () => {
  it('are evenly spaced, ascending and contain what they should', () => {
    fc.assert(
      fc.property(
        moderate,
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, span, count) => {
          const high = low + span;
          const step = niceStep(span, count);
          const [start, end] = intervalAround(low, high, step);
          const slack = step * 1e-6;
          expect(start).toBeLessThanOrEqual(low + slack);
          expect(end).toBeGreaterThanOrEqual(high - slack);
          expect(low - start).toBeLessThan(step + slack);
          expect(end - high).toBeLessThan(step + slack);
          const ticks = multiplesWithin(low, high, step);
          expect(ticks.length).toBeLessThanOrEqual(count + 1);
          ticks.forEach((tick, index) => {
            expect(tick).toBeGreaterThanOrEqual(low - slack);
            expect(tick).toBeLessThanOrEqual(high + slack);
            if (index > 0) expect(Math.abs(tick - ticks[index - 1]! - step)).toBeLessThan(slack);
          });
        },
      ),
    );
  });

  it('give decimals without rounding noise', () => {
    expect(multiplesWithin(0, 0.7, 0.1)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(intervalAround(0.11, 0.29, 0.1)).toEqual([0.1, 0.3]);
  });
});

describe('logTicks', () => {
  it('ascend, contain the interval and stay few', () => {
    fc.assert(
      fc.property(magnitude, magnitude, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const ticks = logTicks(low, high, 5);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(ticks[0]!).toBeLessThanOrEqual(low * (1 + 1e-8));
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(high * (1 - 1e-8));
        ticks.forEach((tick, index) => {
          expect(['1', '2', '5']).toContain(tick.toExponential().split('e')[0]);
          if (index > 0) expect(tick).toBeGreaterThan(ticks[index - 1]!);
        });
      }),
    );
  });

  it('are the powers of ten over a few decades and parts of them over one', () => {
    expect(logTicks(0.002, 3, 5)).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(logTicks(1.5, 30, 5)).toEqual([1, 2, 5, 10, 20, 50]);
    expect(logTicks(10, 10, 5)).toEqual([5, 10, 20]);
  });
});

describe('scaleFor', () => {
  it('places every value it can draw between 0 and 1, in order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('linear' as const, 'log' as const),
        fc.array(number, { maxLength: 6 }),
        (kind, values) => {
          const scale = scaleFor(kind, values);
          const drawable = values.filter((value) => isDrawable(value, kind)).sort((a, b) => a - b);
          const positions = drawable.map((value) => scale.position(value));
          positions.forEach((position, index) => {
            expect(position).toBeGreaterThanOrEqual(-1e-6);
            expect(position).toBeLessThanOrEqual(1 + 1e-6);
            if (index > 0) expect(position).toBeGreaterThanOrEqual(positions[index - 1]!);
          });
          expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
          expect(new Set(scale.ticks.map(({ label }) => label)).size).toBe(scale.ticks.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not reach below zero unless a value does', () => {
    fc.assert(
      fc.property(fc.array(number.map(Math.abs), { minLength: 1, maxLength: 4 }), (values) => {
        expect(scaleFor('linear', values).ticks[0]!.value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('labels percentages, whole numbers and constants', () => {
    const labels = (...args: Parameters<typeof scaleFor>) => scaleFor(...args).ticks.map(({ label }) => label);
    expect(labels('linear', [0.91, 0.99], { format: 'percent' })).toEqual(['90%', '92%', '94%', '96%', '98%', '100%']);
    expect(labels('linear', [1, 3], { format: 'integer', rounded: false })).toEqual(['1', '2', '3']);
    expect(labels('log', [1e-6, 1])).toEqual(['10⁻⁶', '0.0001', '0.01', '1']);
    expect(labels('linear', [0, 0])).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels('linear', [0, 3e9])).toEqual(['0', '10⁹', '2·10⁹', '3·10⁹']);
  });
});

describe('kindFor', () => {
  it('is logarithmic for positive values over more than two decades, zeros aside', () => {
    expect(kindFor([1, 99])).toBe('linear');
    expect(kindFor([0, 1, 101])).toBe('log');
    expect(kindFor([-1, 1, 1e6])).toBe('linear');
    expect(kindFor([0, 0])).toBe('linear');
    expect(kindFor([Number.NaN, Infinity])).toBe('linear');
  });
});
