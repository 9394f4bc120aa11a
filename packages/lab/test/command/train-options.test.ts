import { resolve } from 'node:path';
import { type DatasetEntry, datasets } from '@pnn/data';
import { defaultMethod, defaultPolynomial, defaultTraining, preset } from '@pnn/pnn';
import { assert, constantFrom, double, integer, property } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { dataSpecFrom } from '../../src/cli/option-groups/data.js';
import { deviceSpecFrom } from '../../src/cli/option-groups/device.js';
import { methodSpecFrom } from '../../src/cli/option-groups/method.js';
import { modelSpecFrom } from '../../src/cli/option-groups/model.js';
import { trainingSpecFrom } from '../../src/cli/option-groups/training.js';
import { Options, specsOf, UsageError } from '../../src/cli/options.js';
import { train } from '../../src/commands/train.js';
import { experimentSpec } from '../../src/experiment/specs.js';
import { defaultExperiment } from '../../src/index.js';

const optionsOf = (...args: string[]) => new Options('pnn train', args, specsOf(train.options()));

/** The experiment that a command line on a data set asks for. */
function specOn(dataset: string, line = '') {
  const options = optionsOf(...line.split(' ').filter((word) => word !== ''));
  return {
    model: modelSpecFrom(options, dataset),
    method: methodSpecFrom(options, dataset),
    training: trainingSpecFrom(options, dataset),
  };
}

const specOf = (line = '') => specOn('digits', line);

describe('the options of pnn train', () => {
  it('give the default experiment unless others are given, fitted to the size of the data', () => {
    expect(specOn('mnist')).toEqual(defaultExperiment);
    expect(specOf()).toEqual({
      model: { ...defaultExperiment.model, widths: [8, 16] },
      method: defaultMethod,
      training: { ...defaultTraining, epochs: 4, batchSize: 64, lr: 2e-3 },
    });
    expect(specOf('--model mlp').model.widths).toEqual([256, 128]);
    expect(specOf('--model resnet8').model.widths).toEqual([]);
    expect(dataSpecFrom(optionsOf())).toEqual({
      dataset: 'digits',
      folder: null,
      settings: {},
      augmentation: null,
      train: null,
      test: null,
    });
    expect(deviceSpecFrom(optionsOf())).toEqual({ name: 'wasm', threads: null });
  });

  it('takes random changes by name, with their own amounts unless others are given, or none', () => {
    const augmentationOf = (value: string) => dataSpecFrom(optionsOf('--augment', value)).augmentation;
    expect(augmentationOf('none')).toEqual([]);
    expect(augmentationOf('flip,crop=2')).toEqual([
      { name: 'flip', amount: 0.5 },
      { name: 'crop', amount: 2 },
    ]);
  });

  it('are followed, every one', () => {
    const line =
      '--model mlp --widths 9,8 --order activation-first --dropout 0.25 --target silu --degree 12 --method least-squares ' +
      '--samples 50 --bound 7.5 --alpha 0.6 --lambda dual:20 --penalty quadratic --cap 5 --outside polynomial ' +
      '--basis monomial --coefficients learned --max-norm 0.5 --plain-clipping --epochs 9 --batch-size 16 --lr 0.1 ' +
      '--coefficient-rate 30 --weight-decay 0 --seed 77 --accumulate 4 --optimizer lion --ema 0.99 --keep-best --early-stopping 3 --shards 8';
    expect(specOf(line)).toEqual({
      model: { name: 'mlp', widths: [9, 8], order: 'activation-first', dropout: 0.25 },
      method: {
        target: 'silu',
        polynomial: {
          degree: 12,
          bound: { kind: 'fixed', bound: 7.5 },
          alpha: 0.6,
          method: 'least-squares',
          samples: 50,
          basis: 'monomial',
          learnable: true,
          outside: 'polynomial',
          penalty: { form: 'quadratic', cap: 5 },
          lambda: { kind: 'dual', initial: 20 },
        },
      },
      training: {
        epochs: 9,
        batchSize: 16,
        lr: 0.1,
        coefficientRate: 30,
        weightDecay: 0,
        maxNorm: 0.5,
        clipping: 'plain',
        scheduler: defaultTraining.scheduler,
        seed: 77,
        accumulate: 4,
        shards: 8,
        syncBatchNorm: false,
        optimizer: 'lion',
        averageDecay: 0.99,
        keepBest: true,
        patience: 3,
      },
    });
    const data = '--dataset mnist --data some/where --train-samples 9 --test-samples 7'.split(' ');
    expect(dataSpecFrom(optionsOf(...data))).toEqual({
      dataset: 'mnist',
      folder: resolve('some/where'),
      settings: {},
      augmentation: null,
      train: 9,
      test: 7,
    });
    expect(deviceSpecFrom(optionsOf('--threads', '3'))).toEqual({ name: 'wasm', threads: 3 });
    expect(deviceSpecFrom(optionsOf('--device', 'gpu:cpu'))).toEqual({ name: 'gpu:cpu', threads: null });
  });

  it('know the forms of λ and of clipping', () => {
    const lambdaOf = (text: string) => specOf(`--lambda ${text}`).method.polynomial.lambda;
    expect(lambdaOf('0')).toEqual({ kind: 'constant', lambda: 0 });
    expect(lambdaOf('2.5e3')).toEqual({ kind: 'constant', lambda: 2500 });
    expect(lambdaOf('dual')).toEqual({ kind: 'dual', initial: 10 });
    expect(lambdaOf('dual:0.001')).toEqual({ kind: 'dual', initial: 0.001 });
    expect(specOf('--max-norm none').training.maxNorm).toBeNull();
    expect(specOf('--bound calibrated').method.polynomial.bound).toEqual(defaultPolynomial.bound);
  });

  it('turn the average of the weights off where a data set has one', () => {
    const decayOf = (line: string) => specOn('cifar10', line).training.averageDecay;
    expect([decayOf(''), decayOf('--ema 0.5'), decayOf('--ema none')]).toEqual([0.98, 0.5, null]);
  });

  it('go on where an interrupted training was computed, with other threads if they are given', () => {
    expect(deviceSpecFrom(optionsOf(), { name: 'wasm', threads: 2 })).toEqual({ name: 'wasm', threads: 2 });
    const given = optionsOf('--threads', '1');
    expect(deviceSpecFrom(given, { name: 'wasm', threads: 2 })).toEqual({ name: 'wasm', threads: 1 });
    expect(() => deviceSpecFrom(given, { name: 'gpu:cpu', threads: null })).toThrow(
      new UsageError('pnn train: --threads goes with --device wasm, not gpu:cpu: see pnn train --help'),
    );
  });

  it('take numbers as they are written', () => {
    assert(
      property(
        integer({ min: 1, max: 32 }),
        double({ min: 1e-300, max: 1, noNaN: true }),
        integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        constantFrom(' ', '='),
        (degree, alpha, seed, separator) => {
          const spec = specOf(`--degree${separator}${degree} --alpha${separator}${alpha} --seed${separator}${seed}`);
          expect(spec.method.polynomial).toMatchObject({ degree, alpha });
          expect(spec.training.seed).toBe(seed);
        },
      ),
    );
  });

  it('survive JSON, as a checkpoint needs', () => {
    for (const line of ['', '--max-norm none --lambda dual', '--paper', '--samples 100 --bound 3']) {
      expect(experimentSpec(JSON.parse(JSON.stringify(specOf(line))), 'spec')).toEqual(specOf(line));
    }
  });
});

describe('--paper', () => {
  let unregister = () => {};
  afterEach(() => unregister());

  it.each(['--paper', '--bound paper'])('takes every setting of the paper: %s', (option) => {
    for (const [dataset, published] of [
      ['digits', 'mnist'],
      ['cifar10', 'cifar10'],
    ] as const) {
      for (const degree of [2, 4, 8, 16, 22]) {
        const { bound, alpha, samples, lambda, maxNorm, lr, weightDecay, batchSize, epochs, scheduler } = preset(
          published,
          degree,
        );
        const { method, training } = specOn(dataset, `${option} --degree ${degree}`);
        expect(method).toEqual({
          target: 'relu',
          polynomial: {
            degree,
            bound: { kind: 'fixed', bound },
            alpha,
            method: 'least-squares',
            samples,
            basis: 'even-odd',
            learnable: false,
            outside: 'polynomial',
            penalty: { form: 'exponential', cap: 10 },
            lambda: { kind: 'constant', lambda },
          },
        });
        const optimization = { epochs, batchSize, lr, weightDecay, maxNorm, scheduler };
        expect(training).toEqual({ ...defaultTraining, ...optimization, clipping: 'selective', seed: 0 });
      }
    }
  });

  it('takes the dropout of the paper too, of models that have one', () => {
    const entry: DatasetEntry = {
      name: 'hundred',
      summary: 'a data set like CIFAR-100',
      preset: 'cifar100',
      load: () => Promise.reject(new Error('never loaded')),
    };
    unregister = datasets.register(entry);
    expect(preset('cifar100', 8).dropout).toBe(0.2);
    expect(specOn('hundred', '--paper --model mlp').model.dropout).toBe(0.2);
    expect(specOn('hundred', '--paper --model mlp --dropout 0').model.dropout).toBe(0);
    expect(specOn('hundred', '--paper --model resnet18').model.dropout).toBe(0);
    expect(specOn('hundred', '--model mlp').model.dropout).toBe(0);
    expect(specOn('hundred', '--paper --degree 2').method.polynomial.bound).toEqual({ kind: 'fixed', bound: 13 });
  });

  it('takes no samples with --method minimax, which chooses its own points', () => {
    expect(specOf('--paper --method minimax').method.polynomial).toMatchObject({ method: 'minimax', samples: null });
  });

  it.each([
    ['--bound 5', { polynomial: { bound: { kind: 'fixed', bound: 5 } } }],
    ['--bound calibrated', { polynomial: { bound: defaultPolynomial.bound } }],
    ['--alpha 0.9', { polynomial: { alpha: 0.9 } }],
    ['--samples 200', { polynomial: { samples: 200 } }],
    ['--lambda 10', { polynomial: { lambda: { kind: 'constant', lambda: 10 } } }],
    ['--outside tangent', { polynomial: { outside: 'tangent' } }],
    ['--cap 4', { polynomial: { penalty: { form: 'exponential', cap: 4 } } }],
    ['--penalty quadratic', { polynomial: { penalty: { form: 'quadratic' } } }],
    ['--basis monomial', { polynomial: { basis: 'monomial' } }],
    ['--coefficients learned', { polynomial: { learnable: true } }],
    ['--target silu', { target: 'silu' }],
    ['--max-norm 0.5', { maxNorm: 0.5 }],
    ['--max-norm none', { maxNorm: null }],
    ['--plain-clipping', { clipping: 'plain' }],
    ['--lr 0.1', { lr: 0.1 }],
    ['--weight-decay 0', { weightDecay: 0 }],
    ['--batch-size 7', { batchSize: 7 }],
    ['--epochs 3', { epochs: 3 }],
    ['--seed 8', { seed: 8 }],
  ])('leaves the last word to %s', (option, expected) => {
    const { method, training } = specOf(`--paper ${option}`);
    expect({ ...method, ...training }).toMatchObject(expected);
    const plain = specOf('--paper');
    expect({ ...plain.method, ...plain.training }).not.toMatchObject(expected);
    // Nothing else changes.
    const differing = (a: object, b: object) =>
      Object.entries(a).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify((b as never)[key]));
    const changes = [
      ...differing(method.polynomial, plain.method.polynomial),
      ...differing({ ...training, target: method.target }, { ...plain.training, target: plain.method.target }),
    ];
    expect(changes).toHaveLength(1);
  });
});
