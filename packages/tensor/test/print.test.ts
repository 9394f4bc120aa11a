import { inspect } from 'node:util';
import { arange, type Device, full, ones, reference, scope, tensor, zeros } from '@pnn/tensor';
import { describe, expect, it } from 'vitest';

function printed(make: () => { toString(): string }): string {
  return scope(() => String(make()));
}

describe('printing a tensor', () => {
  it.each<[string, () => { toString(): string }, string]>([
    ['a scalar', () => tensor(3), 'tensor(3., float32)'],
    ['whole numbers', () => tensor([1, -2, 30]), 'tensor([ 1., -2., 30.], float32)'],
    ['fractions', () => tensor([1.5, -22.25]), 'tensor([  1.5000, -22.2500], float32)'],
    ['integers', () => tensor([1, -20], { dtype: 'int32' }), 'tensor([  1, -20], int32)'],
    ['truth values', () => tensor([true, false]), 'tensor([ true, false], bool)'],
    ['zeros', () => zeros([2]), 'tensor([0., 0.], float32)'],
    [
      'what is not finite',
      () => tensor([0, Number.NaN, Number.NEGATIVE_INFINITY]),
      'tensor([       0.,       NaN, -Infinity], float32)',
    ],
    ['nothing but NaN', () => tensor([Number.NaN]), 'tensor([NaN], float32)'],
    ['large numbers', () => tensor([1e9, 1], { dtype: 'float64' }), 'tensor([1.0000e+9, 1.0000e+0], float64)'],
    [
      'small numbers',
      () => tensor([1e-7, Number.POSITIVE_INFINITY], { dtype: 'float64' }),
      'tensor([1.0000e-7,  Infinity], float64)',
    ],
    ['a wide range', () => tensor([0.001, 1234.5], { dtype: 'float64' }), 'tensor([1.0000e-3, 1.2345e+3], float64)'],
    ['nothing', () => zeros([0]), 'tensor([], shape [0], float32)'],
    ['no rows', () => zeros([0, 3]), 'tensor([], shape [0,3], float32)'],
    ['rows of nothing', () => zeros([2, 0]), 'tensor([[],\n        []], shape [2,0], float32)'],
  ])('shows %s', (_, make, expected) => {
    expect(printed(make)).toBe(expected);
  });

  it('aligns rows and sets blocks apart', () => {
    expect(
      printed(() =>
        tensor([
          [1, 2],
          [3, 40],
        ]),
      ),
    ).toBe('tensor([[ 1.,  2.],\n        [ 3., 40.]], float32)');
    expect(printed(() => arange(0, 8, 1, { dtype: 'int32' }).reshape([2, 2, 2]))).toBe(
      ['tensor([[[0, 1],', '         [2, 3]],', '', '        [[4, 5],', '         [6, 7]]], int32)'].join('\n'),
    );
  });

  it('shows everything up to 1000 elements, and the ends of long axes beyond', () => {
    const whole = printed(() => ones([1000]));
    expect(whole.match(/1\./g)).toHaveLength(1000);
    expect(printed(() => arange(0, 1001, 1, { dtype: 'int32' }))).toBe(
      'tensor([   0,    1,    2, …,  998,  999, 1000], shape [1001], int32)',
    );
    const lines = printed(() => ones([200, 6])).split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe('tensor([[1., 1., 1., 1., 1., 1.],');
    expect(lines[3]).toBe('        …,');
  });

  it('chooses the format by what is shown', () => {
    const text = printed(() => {
      const x = full([2000], 1, { dtype: 'float64' });
      const middle = full([1], 1e-9, { dtype: 'float64' }).pad([[1000, 999]]);
      return x.add(middle);
    });
    expect(text).toBe('tensor([1., 1., 1., …, 1., 1., 1.], shape [2000], float64)');
  });

  it('names a freed tensor', () => {
    const x = ones([2, 3]);
    x.dispose();
    expect(`${x}`).toBe('tensor([2,3], float32, freed)');
  });

  it('is what console.log shows', () => {
    const x = tensor([1.5, 2]);
    expect(inspect(x)).toBe('tensor([1.5000, 2.0000], float32)');
    expect(inspect({ x: ones([2, 1]) })).toBe('{\n  x: tensor([[1.],\n          [1.]], float32)\n}');
    x.dispose();
    expect(inspect(x)).toBe('tensor([2], float32, freed)');
  });

  it('does not wait for a device that computes in the background', () => {
    const device: Device = { ...reference, name: 'slow', memory: { ...reference.memory, readNow: undefined } };
    expect(inspect(ones([2, 3], { device }))).toBe('tensor([2,3], float32, slow)');
  });
});
