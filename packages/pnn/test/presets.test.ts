import { ArgumentError } from '@pnn/tensor';
import { describe, expect, it } from 'vitest';
import { fitPolynomial } from '../src/fitting/index.js';
import { preset } from '../src/presets.js';

describe('preset', () => {
  it.each(['cifar10', 'mnist', 'fashion-mnist'])('gives the bounds of the paper for %s', (dataset) => {
    const rows = [2, 4, 8, 16, 22].map((degree) => preset(dataset, degree)).map(({ bound, alpha }) => [bound, alpha]);
    expect(rows).toEqual([
      [12, 1],
      [20, 0.75],
      [35, 0.5],
      [40, 0.5],
      [47, 0.5],
    ]);
  });

  it('knows what differs on CIFAR-100 and Speech Commands', () => {
    expect(preset('cifar100', 2)).toMatchObject({ bound: 13, alpha: 1, dropout: 0.2 });
    expect(preset('cifar100', 4)).toMatchObject({ bound: 30, alpha: 1 });
    expect(preset('cifar100', 8)).toMatchObject({ bound: 35, alpha: 0.7 });
    expect(preset('speech-commands', 2)).toMatchObject({ bound: 25, alpha: 1, dropout: 0 });
    expect(preset('speech-commands', 4)).toMatchObject({ bound: 40, alpha: 0.75 });
    expect(preset('speech-commands', 8)).toMatchObject({ bound: 70, alpha: 1 });
  });

  it('carries the settings of the method', () => {
    expect(preset('cifar10', 8)).toEqual({
      dataset: 'cifar10',
      degree: 8,
      bound: 35,
      alpha: 0.5,
      samples: 100,
      lambda: 1000,
      maxNorm: 1,
      lr: 1e-3,
      weightDecay: 1e-2,
      batchSize: 128,
      epochs: 30,
      scheduler: { factor: 0.1, patience: 5, threshold: 0.1 },
      dropout: 0,
    });
  });

  it('can be handed to fitPolynomial as it is', () => {
    const { degree, bound, samples } = preset('cifar10', 22);
    const polynomial = fitPolynomial('relu', { degree, bound, samples });
    expect(polynomial.degree).toBe(22);
    expect(polynomial.maxError()).toBeLessThan(0.7);
  });

  it('lists what there is where it is asked for something else', () => {
    expect(() => preset('imagenet', 2)).toThrow(ArgumentError);
    expect(() => preset('imagenet', 2)).toThrow(/imagenet.*cifar10, mnist, fashion-mnist, cifar100, speech-commands/);
    expect(() => preset('cifar100', 16)).toThrow(ArgumentError);
    expect(() => preset('cifar100', 16)).toThrow(/degree 16 on cifar100; there are some for 2, 4, 8/);
    expect(() => preset('toString', 2)).toThrow(ArgumentError);
  });
});
