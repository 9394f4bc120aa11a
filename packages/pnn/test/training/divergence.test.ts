import { describe, expect, it } from 'vitest';
import { divergenceOf, type StepHealth } from '../../src/index.js';

const fine: StepHealth = {
  step: 7,
  loss: 1,
  norm: 2,
  unclipped: 0,
  buffers: [],
  layers: [
    { name: 'a', bound: 4, range: { maxAbs: 3, notFinite: 0 } },
    { name: 'b', bound: 4, range: { maxAbs: 3e9, notFinite: 0 } },
    { name: 'c', bound: 4, range: { maxAbs: 1, notFinite: 0 } },
  ],
};

const withRanges = (...ranges: (StepHealth['layers'][number]['range'] | undefined)[]): StepHealth => ({
  ...fine,
  layers: fine.layers.map((layer, i) => ({ ...layer, range: ranges[i] ?? layer.range })),
});

describe('divergenceOf', () => {
  it('finds nothing where loss, norm and all inputs are finite, however large', () => {
    expect(divergenceOf(fine)).toBeUndefined();
    expect(divergenceOf({ ...fine, layers: [] })).toBeUndefined();
    expect(divergenceOf({ ...fine, loss: 1e300, norm: 0 })).toBeUndefined();
  });

  it('names the last layer out of its range before the first that got what is not finite', () => {
    const broken = { maxAbs: Number.POSITIVE_INFINITY, notFinite: 3 };
    expect(divergenceOf(withRanges({ maxAbs: 5, notFinite: 0 }, { maxAbs: 2, notFinite: 0 }, broken))).toEqual({
      layer: 'a',
      step: 7,
      reason: 'the polynomial overflowed: |x| = 5.0e+0, B = 4',
    });
    expect(divergenceOf(withRanges({ maxAbs: 2, notFinite: 0 }, undefined, broken))?.layer).toBe('b');
  });

  it('names the layer itself where none before is out of range', () => {
    const broken = { maxAbs: 1, notFinite: 3 };
    expect(divergenceOf(withRanges(undefined, broken))).toEqual({
      layer: 'b',
      step: 7,
      reason: '3 of its inputs are not finite',
    });
    expect(divergenceOf(withRanges(broken, { maxAbs: 9, notFinite: 0 }))?.layer).toBe('a');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('blames the last layer out of range for a loss of %d', (loss) => {
    expect(divergenceOf({ ...fine, loss })).toMatchObject({
      layer: 'b',
      reason: expect.stringContaining('overflowed'),
    });
  });

  it('blames the last layer out of range for statistics that overflowed, or else theirs', () => {
    const buffers = ['body.3.runningVariance', 'body.7.runningMean'];
    expect(divergenceOf({ ...fine, buffers })).toMatchObject({
      layer: 'b',
      reason: expect.stringContaining('overflow'),
    });
    const calm = withRanges(undefined, { maxAbs: 4, notFinite: 0 });
    expect(divergenceOf({ ...calm, buffers })).toEqual({
      layer: 'body.3',
      step: 7,
      reason: 'its runningVariance is not finite',
    });
    expect(divergenceOf({ ...calm, buffers: ['average'] })).toMatchObject({
      layer: '',
      reason: 'its average is not finite',
    });
  });

  it('blames none where all are in range', () => {
    const calm = withRanges(undefined, { maxAbs: 4, notFinite: 0 });
    expect(divergenceOf({ ...calm, loss: Number.NaN })).toEqual({ layer: null, step: 7, reason: 'the loss is NaN' });
    expect(divergenceOf({ ...calm, norm: Number.POSITIVE_INFINITY })).toEqual({
      layer: null,
      step: 7,
      reason: 'the gradient norm is Infinity',
    });
    expect(divergenceOf({ ...calm, unclipped: Number.NaN })).toEqual({
      layer: null,
      step: 7,
      reason: 'the norm of the gradients that are not clipped is NaN',
    });
  });
});
