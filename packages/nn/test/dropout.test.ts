import { backward, requireGrad } from '@pnn/autograd';
import { ArgumentError, Generator, ones, setSeed, type Tensor, zeros } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { Dropout } from '../src/layers/index.js';

function numbers(values: Tensor): number[] {
  return Array.from(values.dataSync());
}

describe('while training', () => {
  test.each([0.1, 0.25, 0.5, 0.9])(
    'probability %f: that share is 0, the rest scaled so that the mean stays',
    (probability) => {
      const count = 2 ** 16;
      const y = numbers(new Dropout(probability, new Generator(1)).forward(ones([count], { dtype: 'float64' })));
      expect(new Set(y)).toEqual(new Set([0, 1 / (1 - probability)]));
      const share = y.filter((value) => value === 0).length / count;
      const standardError = Math.sqrt((probability * (1 - probability)) / count);
      expect(Math.abs(share - probability)).toBeLessThan(5 * standardError);
      const mean = y.reduce((sum, value) => sum + value, 0) / count;
      expect(Math.abs(mean - 1)).toBeLessThan((5 * standardError) / (1 - probability));
    },
  );

  test('every forward draws another mask', () => {
    const layer = new Dropout(0.5, new Generator(1));
    const x = ones([64]);
    expect(numbers(layer.forward(x))).not.toEqual(numbers(layer.forward(x)));
  });

  test('gradients pass where values do', () => {
    const x = requireGrad(ones([64]));
    const y = new Dropout(0.5, new Generator(1)).forward(x);
    backward(y.sum());
    expect(numbers(x.grad!)).toEqual(numbers(y));
  });

  test('probability 0 changes nothing', () => {
    const x = ones([4]);
    expect(new Dropout(0).forward(x)).toBe(x);
  });
});

test('evaluation changes nothing and draws nothing', () => {
  const generator = new Generator(1);
  const x = ones([4]);
  expect(new Dropout(0.5, generator).eval().forward(x)).toBe(x);
  expect(generator.state().position).toBe(0);
});

describe('random numbers', () => {
  const draw = (seed: number) => {
    setSeed(seed);
    const layer = new Dropout();
    return [numbers(layer.forward(ones([100]))), numbers(layer.forward(ones([100])))];
  };

  test('repeat from a seed', () => {
    const first = draw(3);
    expect(draw(3)).toEqual(first);
    expect(draw(4)).not.toEqual(first);
  });

  test('repeat from a generator of one’s own', () => {
    const masked = () => numbers(new Dropout(0.5, new Generator(7, 'mine')).forward(ones([100])));
    expect(masked()).toEqual(masked());
  });

  test('do not depend on the type or the shape of the input', () => {
    const masked = (x: Tensor) => numbers(new Dropout(0.5, new Generator(7)).forward(x));
    expect(masked(ones([10, 10], { dtype: 'float64' }))).toEqual(masked(ones([100])));
  });
});

test('takes an input without elements', () => {
  expect(new Dropout(0.5).forward(zeros([0, 3])).shape).toEqual([0, 3]);
});

test.each([-0.1, 1, 2, Number.NaN])('refuses the probability %f', (probability) => {
  expect(() => new Dropout(probability)).toThrow(
    new ArgumentError(`Dropout: the probability must be at least 0 and below 1, not ${probability}`),
  );
});
