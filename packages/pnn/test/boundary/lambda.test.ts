import { ArgumentError } from '@pnn/nn';
import { array, assert, constant, double, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantLambda, type DualAscentOptions, dualAscent } from '../../src/index.js';

const reach = oneof(double({ min: 0, max: 3, noNaN: true }), constant(Number.NaN), constant(Number.POSITIVE_INFINITY));
const reaches = array(array(reach, { minLength: 3, maxLength: 3 }), { maxLength: 60 });

describe('constantLambda', () => {
  it('is the same for all activations, whatever happens', () => {
    const lambda = constantLambda(1000);
    expect(lambda.description).toBe('1000');
    lambda.update([5, Number.NaN]);
    expect(lambda.values(3)).toEqual([1000, 1000, 1000]);
    expect(lambda.state()).toEqual([]);
    lambda.restore([]);
    expect(lambda.values(1)).toEqual([1000]);
    expect(constantLambda(0).values(2)).toEqual([0, 0]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %d', (value) => {
    expect(() => constantLambda(value)).toThrow(
      new ArgumentError(`constantLambda: lambda must be 0 or more, not ${value}`),
    );
  });
});

describe('dualAscent', () => {
  it('raises λ of an activation whose inputs go beyond the target and lowers the others', () => {
    const lambda = dualAscent({ initial: 10, target: 0.9, rise: 1.5, fall: 0.5 });
    expect(lambda.description).toBe('dual ascent from 10');
    expect(lambda.values(4)).toEqual([10, 10, 10, 10]);
    lambda.update([0.9, 0.900001, 7, 0]);
    expect(lambda.values(4)).toEqual([5, 15, 15, 5]);
  });

  it('raises λ where nothing is known of the inputs but that they are not numbers', () => {
    const lambda = dualAscent({ rise: 2 });
    lambda.values(2);
    lambda.update([Number.NaN, Number.POSITIVE_INFINITY]);
    expect(lambda.values(2)).toEqual([20, 20]);
  });

  it('is the product of rises and falls, held between minimum and maximum', () => {
    assert(
      property(reaches, (steps) => {
        const options = { initial: 1, target: 0.8, rise: 1.3, fall: 0.7, minimum: 0.1, maximum: 8 };
        const lambda = dualAscent(options);
        const expected = [1, 1, 1];
        lambda.values(3);
        for (const step of steps) {
          lambda.update(step);
          step.forEach((value, i) => {
            expected[i] = Math.min(8, Math.max(0.1, expected[i]! * (value <= 0.8 ? 0.7 : 1.3)));
          });
          expect(lambda.values(3)).toEqual(expected);
        }
      }),
    );
  });

  it('goes on from a checkpoint as if it had never stopped', () => {
    assert(
      property(reaches, reaches, (before, after) => {
        const lambda = dualAscent({ rise: 1.2 });
        lambda.values(3);
        for (const step of before) lambda.update(step);
        const resumed = dualAscent({ rise: 1.2 });
        resumed.restore(JSON.parse(JSON.stringify(lambda.state())) as number[]);
        for (const each of [lambda, resumed]) for (const step of after) each.update(step);
        expect(resumed.values(3)).toEqual(lambda.values(3));
      }),
    );
  });

  it('does not let what was handed out change it', () => {
    const lambda = dualAscent({ rise: 2 });
    const first = lambda.values(1);
    lambda.update([3]);
    expect(first).toEqual([10]);
    expect(lambda.values(1)).toEqual([20]);
  });

  it.each<DualAscentOptions>([
    { initial: 0 },
    { initial: Number.NaN },
    { initial: 1e-4 },
    { initial: 2e6 },
    { target: 0 },
    { rise: 1 },
    { fall: 0 },
    { fall: 1.1 },
    { minimum: 0 },
    { maximum: 5 },
    { maximum: Number.POSITIVE_INFINITY },
  ])('refuses %o', (options) => {
    expect(() => dualAscent(options)).toThrow(ArgumentError);
  });
});
