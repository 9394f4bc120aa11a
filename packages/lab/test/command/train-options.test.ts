import { resolve } from 'node:path';
import { defaultActivation, defaultSettings } from '@pnn/models';
import { preset } from '@pnn/pnn';
import { assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Options } from '../../src/cli/options.js';
import { dataSettingsFrom, experimentSettingsFrom, trainOptionSpecs } from '../../src/cli/train-options.js';

const optionsOf = (...args: string[]) => new Options('pnn train', args, trainOptionSpecs);
const settingsOf = (...args: string[]) => experimentSettingsFrom(optionsOf(...args), 'digits');

describe('the settings of pnn train', () => {
  it('are the default ones where nothing is said, fitted to the size of the data', () => {
    expect(settingsOf()).toEqual({ ...defaultSettings, widths: [8, 16], epochs: 4, batchSize: 64, lr: 2e-3 });
    expect(experimentSettingsFrom(optionsOf(), 'mnist')).toEqual({ ...defaultSettings, epochs: 2, batchSize: 128 });
    expect(dataSettingsFrom(optionsOf())).toEqual({
      dataset: 'digits',
      folder: undefined,
      train: undefined,
      test: undefined,
    });
  });

  it('follow every option', () => {
    const call =
      '--model mlp --widths 9,8 --order activation-first --dropout 0.25 --target silu --degree 12 --method minimax ' +
      '--bound 7.5 --alpha 0.6 --lambda dual:20 --penalty quadratic --cap 5 --outside polynomial --basis monomial ' +
      '--learnable --max-norm 0.5 --plain-clipping --epochs 9 --batch-size 16 --lr 0.1 --weight-decay 0 --seed 77';
    expect(settingsOf(...call.split(' '))).toEqual({
      model: 'mlp',
      widths: [9, 8],
      order: 'activation-first',
      dropout: 0.25,
      target: 'silu',
      activation: {
        degree: 12,
        bound: { kind: 'fixed', bound: 7.5 },
        alpha: 0.6,
        method: 'minimax',
        basis: 'monomial',
        learnable: true,
        outside: 'polynomial',
        penalty: { form: 'quadratic', cap: 5 },
        lambda: { kind: 'dual', initial: 20 },
      },
      epochs: 9,
      batchSize: 16,
      lr: 0.1,
      weightDecay: 0,
      maxNorm: 0.5,
      clipping: 'plain',
      seed: 77,
    });
    const data = dataSettingsFrom(optionsOf(...'--dataset mnist --data some/where --train-images 9'.split(' ')));
    expect(data).toEqual({ dataset: 'mnist', folder: resolve('some/where'), train: 9, test: undefined });
  });

  it('are those of the paper where that was asked for', () => {
    for (const degree of [2, 4, 8, 16, 22]) {
      const { bound, alpha } = preset('mnist', degree);
      expect(settingsOf('--bound', 'paper', '--degree', `${degree}`).activation).toMatchObject({
        bound: { kind: 'fixed', bound },
        alpha,
        outside: 'polynomial',
        penalty: { form: 'exponential', cap: 10 },
      });
    }
    const own = settingsOf(...'--bound paper --alpha 0.9 --outside tangent --cap 4'.split(' ')).activation;
    expect(own).toMatchObject({ alpha: 0.9, outside: 'tangent', penalty: { cap: 4 } });
  });

  it('know the forms of λ and of clipping', () => {
    const lambdaOf = (text: string) => settingsOf('--lambda', text).activation!.lambda;
    expect(lambdaOf('0')).toEqual({ kind: 'constant', lambda: 0 });
    expect(lambdaOf('2.5e3')).toEqual({ kind: 'constant', lambda: 2500 });
    expect(lambdaOf('dual')).toEqual({ kind: 'dual', initial: 10 });
    expect(lambdaOf('dual:0.001')).toEqual({ kind: 'dual', initial: 0.001 });
    expect(settingsOf('--max-norm', 'none').maxNorm).toBeNull();
    expect(settingsOf('--bound', 'calibrated').activation).toMatchObject({ bound: defaultActivation.bound });
  });

  it('take numbers as they are written', () => {
    assert(
      property(
        integer({ min: 1, max: 32 }),
        double({ min: 1e-300, max: 1, noNaN: true }),
        integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        constantFrom(' ', '='),
        (degree, alpha, seed, separator) => {
          const call = [`--degree${separator}${degree}`, `--alpha${separator}${alpha}`, `--seed${separator}${seed}`];
          const settings = settingsOf(...call.flatMap((option) => option.split(' ')));
          expect(settings).toMatchObject({ seed, activation: { degree, alpha } });
        },
      ),
    );
  });

  it('survive JSON, as a checkpoint needs', () => {
    const settings = settingsOf('--max-norm', 'none', '--lambda', 'dual');
    expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
  });
});
