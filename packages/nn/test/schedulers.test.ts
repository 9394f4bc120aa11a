import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, loadGolden } from '../../../test/golden/load.js';
import { type Optimizer, SGD } from '../src/optimizers/index.js';
import {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
  LinearWarmup,
  type LinearWarmupOptions,
  MultiStepLR,
  type MultiStepLROptions,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  type Scheduler,
  StepLR,
  type StepLROptions,
} from '../src/schedulers/index.js';
import { StateDictError } from '../src/state-dict.js';
import { expectClose, parameterOf } from './trained-parameters.js';

function optimizerWith(lr: number): Optimizer {
  return new SGD([parameterOf([0])], { lr });
}

const makers: Readonly<Record<string, (optimizer: Optimizer, options: unknown) => Scheduler>> = {
  StepLR: (optimizer, options) => new StepLR(optimizer, options as StepLROptions),
  MultiStepLR: (optimizer, options) => new MultiStepLR(optimizer, options as MultiStepLROptions),
  CosineAnnealingLR: (optimizer, options) => new CosineAnnealingLR(optimizer, options as CosineAnnealingLROptions),
  CosineAnnealingWarmRestarts: (optimizer, options) =>
    new CosineAnnealingWarmRestarts(optimizer, options as CosineAnnealingWarmRestartsOptions),
  LinearLR: (optimizer, options) => new LinearWarmup(optimizer, options as LinearWarmupOptions),
  ReduceLROnPlateau: (optimizer, options) => new ReduceLROnPlateau(optimizer, options as ReduceLROnPlateauOptions),
};

function optionsOf({ attributes: { steps: _, lr: __, eps, ...options } }: GoldenCase): unknown {
  return eps === undefined ? options : { ...options, epsilon: eps };
}

/** Every parameter group of PyTorch has a rate of its own: each is replayed by an optimizer of its own. */
function replay(golden: GoldenCase): void {
  const rates = golden.attributes.lr as readonly number[];
  const metrics = golden.inputs.metrics?.data;
  rates.forEach((lr, group) => {
    const optimizer = optimizerWith(lr);
    const scheduler = makers[golden.subject]!(optimizer, optionsOf(golden));
    const found = [optimizer.lr];
    for (let step = 0; step < (golden.attributes.steps as number); step++) {
      scheduler.step(metrics?.[step]);
      found.push(optimizer.lr);
    }
    const { initial, lr: after } = golden.outputs;
    const expected = [initial!.data[group]!, ...after!.data.filter((_, i) => i % rates.length === group)];
    expectClose(found, expected, `lr of group ${group}`);
  });
}

const goldens = loadGolden('schedulers');

describe('schedulers follow PyTorch', () => {
  it('in every stored schedule', () => expect(goldens.length).toBe(33));
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => replay(golden));
});

describe('schedulers continue from their state', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const make = (optimizer: Optimizer) => makers[golden.subject]!(optimizer, optionsOf(golden));
    const metrics = golden.inputs.metrics?.data;
    fc.assert(
      fc.property(fc.nat(59), (interruption) => {
        const optimizer = optimizerWith(0.1);
        const scheduler = make(optimizer);
        for (let step = 0; step < interruption; step++) scheduler.step(metrics?.[step]);
        const state = JSON.parse(JSON.stringify(scheduler.stateDict()));
        const resumedOptimizer = optimizerWith(0.7);
        const resumed = make(resumedOptimizer);
        resumed.loadStateDict(state);
        expect(resumedOptimizer.lr).toBe(optimizer.lr);
        for (let step = interruption; step < 60; step++) {
          scheduler.step(metrics?.[step]);
          resumed.step(metrics?.[step]);
          expect(resumedOptimizer.lr).toBe(optimizer.lr);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('and from no other', () => {
    const optimizer = optimizerWith(0.1);
    const step = new StepLR(optimizer, { stepSize: 2 });
    const plateau = new ReduceLROnPlateau(optimizer);
    const before = step.stateDict();
    expect(() => step.loadStateDict(plateau.stateDict())).toThrow(StateDictError);
    expect(() => step.loadStateDict(plateau.stateDict())).toThrow(
      'StepLR.loadStateDict: the state is that of ReduceLROnPlateau; epoch is undefined; baseLr is undefined',
    );
    expect(() => plateau.loadStateDict({ ...plateau.stateDict(), best: 'low' })).toThrow('best is low');
    expect(step.stateDict()).toEqual(before);
  });
});

describe('schedulers', () => {
  it('act together: a warm-up, then a decay', () => {
    const optimizer = optimizerWith(1);
    const schedulers = [
      new LinearWarmup(optimizer, { startFactor: 0.25, totalIterations: 3 }),
      new StepLR(optimizer, { stepSize: 4, gamma: 0.5 }),
    ];
    const found = [optimizer.lr];
    for (let step = 0; step < 8; step++) {
      for (const scheduler of schedulers) scheduler.step();
      found.push(optimizer.lr);
    }
    expectClose(found, [0.25, 0.5, 0.75, 1, 0.5, 0.5, 0.5, 0.5, 0.25], 'lr');
  });

  it('tell what they found and how often they were stepped', () => {
    const optimizer = optimizerWith(0.5);
    const warmup = new LinearWarmup(optimizer);
    warmup.step();
    expect([warmup.baseLr, warmup.epoch]).toEqual([0.5, 1]);
    const plateau = new ReduceLROnPlateau(optimizer, { mode: 'max' });
    expect(plateau.best).toBeNull();
    plateau.step(3);
    plateau.step(2);
    expect(plateau.best).toBe(3);
  });

  it('refuse a metric that is no number', () => {
    const plateau: Scheduler = new ReduceLROnPlateau(optimizerWith(1));
    for (const metric of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
      expect(() => plateau.step(metric)).toThrow(ArgumentError);
      expect(() => plateau.step(metric)).toThrow(
        `ReduceLROnPlateau.step: the metric must be a finite number, not ${metric}`,
      );
    }
    expect((plateau as ReduceLROnPlateau).best).toBeNull();
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['StepLR', { stepSize: 0 }, 'stepSize must be an integer above 0, not 0'],
    ['StepLR', { stepSize: 1, gamma: 0 }, 'gamma must be a finite number above 0, not 0'],
    ['MultiStepLR', { milestones: [1, 2.5] }, 'milestones must be integers above 0, not [1,2.5]'],
    ['MultiStepLR', { milestones: [1], gamma: Number.NaN }, 'gamma must be'],
    ['CosineAnnealingLR', { tMax: 0 }, 'tMax must be an integer above 0, not 0'],
    ['CosineAnnealingLR', { tMax: 5, etaMin: -1 }, 'etaMin must be a finite number of 0 or more, not -1'],
    ['CosineAnnealingWarmRestarts', { t0: 0 }, 't0 must be'],
    ['CosineAnnealingWarmRestarts', { t0: 1, tMult: 1.5 }, 'tMult must be'],
    ['CosineAnnealingWarmRestarts', { t0: 1, etaMin: Number.NaN }, 'etaMin must be'],
    ['LinearLR', { startFactor: 0 }, 'LinearWarmup: startFactor must be above 0 and at most 1, not 0'],
    ['LinearLR', { endFactor: 2 }, 'endFactor must be from 0 to 1, not 2'],
    ['LinearLR', { totalIterations: 0 }, 'totalIterations must be'],
    ['ReduceLROnPlateau', { mode: 'lowest' }, 'mode must be min or max, not lowest'],
    ['ReduceLROnPlateau', { factor: 1 }, 'factor must be above 0 and below 1, not 1'],
    ['ReduceLROnPlateau', { patience: -1 }, 'patience must be'],
    ['ReduceLROnPlateau', { threshold: -1 }, 'threshold must be'],
    ['ReduceLROnPlateau', { thresholdMode: 'relative' }, 'thresholdMode must be rel or abs, not relative'],
    ['ReduceLROnPlateau', { cooldown: 0.5 }, 'cooldown must be'],
    ['ReduceLROnPlateau', { minLr: -1 }, 'minLr must be'],
    ['ReduceLROnPlateau', { epsilon: Number.NaN }, 'epsilon must be'],
  ];
  it.each(wrong)('%s refuses %j', (name, options, message) => {
    const optimizer = optimizerWith(1);
    expect(() => makers[name]!(optimizer, options)).toThrow(ArgumentError);
    expect(() => makers[name]!(optimizer, options)).toThrow(message);
    expect(optimizer.lr).toBe(1);
  });
});
