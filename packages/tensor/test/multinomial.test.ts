import { ArgumentError, DTypeError, Generator, gumbel, multinomial, scope, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const numbers = (values: { dataSync(): ArrayLike<number> }): number[] => Array.from(values.dataSync());

it('gumbel has the mean and the variance of its distribution', () => {
  scope(() => {
    const x = gumbel([40_000], { generator: new Generator(3) });
    expect(x.isFinite().all().itemSync()).toBe(1);
    expect(x.mean().itemSync()).toBeCloseTo(0.5772, 1);
    expect(x.variance().itemSync()).toBeCloseTo(Math.PI ** 2 / 6, 1);
  });
});

describe('multinomial', () => {
  const weights = [1, 0, 4, 5];

  it('draws in proportion to the weights', () => {
    scope(() => {
      const drawn = numbers(multinomial(tensor(weights), 20_000, { replacement: true, generator: new Generator(1) }));
      const shares = weights.map((_, i) => drawn.filter((position) => position === i).length / drawn.length);
      expect(shares[1]).toBe(0);
      for (const [i, weight] of weights.entries()) expect(Math.abs(shares[i]! - weight / 10)).toBeLessThan(0.015);
    });
  });

  it('draws without replacement as if what was drawn had been taken away', () => {
    scope(() => {
      const rows = tensor(weights).unsqueeze(0).repeat([20_000, 1]);
      const pairs = numbers(multinomial(rows, 2, { generator: new Generator(2) }));
      let first = 0;
      for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === 3 && pairs[i + 1] === 2) first++;
      // 5/10 for the first, then 4/5 of what is left.
      expect(Math.abs(first / 20_000 - 0.4)).toBeLessThan(0.015);
    });
  });

  it('draws each position once at most, and −1 where nothing is left', () => {
    const drawn = fc.array(fc.constantFrom(0, 1, 1e-30, 1e30, -1, Number.NaN, Number.POSITIVE_INFINITY), {
      minLength: 1,
    });
    fc.assert(
      fc.property(drawn, fc.nat(), (values, seed) =>
        scope(() => {
          const generator = new Generator(seed);
          const positions = numbers(multinomial(tensor(values), values.length, { generator }));
          const possible = values.flatMap((value, i) => (value > 0 && value < Number.POSITIVE_INFINITY ? [i] : []));
          expect(positions.filter((i) => i >= 0).sort((a, b) => a - b)).toEqual(possible);
          expect(positions.filter((i) => i < 0).every((i) => i === -1)).toBe(true);
          const again = numbers(multinomial(tensor(values), 3, { generator, replacement: true }));
          if (possible.length === 0) expect(again).toEqual([-1, -1, -1]);
        }),
      ),
    );
  });

  it('refuses what cannot be drawn', () => {
    scope(() => {
      expect(() => multinomial(tensor(weights), 5)).toThrow(ArgumentError);
      expect(() => multinomial(tensor(weights), 0)).toThrow(ArgumentError);
      expect(() => multinomial(zeros([3, 0]), 1, { replacement: true })).toThrow(ArgumentError);
      expect(() => multinomial(tensor(Int32Array.of(1)), 1)).toThrow(DTypeError);
    });
  });
});
