import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, loadGolden } from '../../../test/golden/load.js';
import { AdamW, type Optimizer, SGD } from '../src/optimizers/index.js';
import {
  ChainedScheduler,
  ConstantLR,
  type ConstantLROptions,
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
  type EpochScheduler,
  ExponentialLR,
  type ExponentialLROptions,
  LambdaLR,
  LinearWarmup,
  type LinearWarmupOptions,
  MultiStepLR,
  type MultiStepLROptions,
  OneCycleLR,
  type OneCycleLROptions,
  PolynomialLR,
  type PolynomialLROptions,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  type Scheduler,
  SequentialLR,
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
  ConstantLR: (optimizer, options) => new ConstantLR(optimizer, options as ConstantLROptions),
  ExponentialLR: (optimizer, options) => new ExponentialLR(optimizer, options as ExponentialLROptions),
  PolynomialLR: (optimizer, options) => new PolynomialLR(optimizer, options as PolynomialLROptions),
  LambdaLR: (optimizer, options) => new LambdaLR(optimizer, factors[(options as { lrLambda: string }).lrLambda]!),
  OneCycleLR: (optimizer, options) => new OneCycleLR(optimizer, options as OneCycleLROptions),
  ReduceLROnPlateau: (optimizer, options) => new ReduceLROnPlateau(optimizer, options as ReduceLROnPlateauOptions),
};

/** The functions of the epoch by the formulas that the golden files have. */
const factors: Readonly<Record<string, (epoch: number) => number>> = {
  '0.95 ** epoch': (epoch) => 0.95 ** epoch,
  '1 / (1 + epoch)': (epoch) => 1 / (1 + epoch),
};

function optionsOf({ attributes: { steps: _, lr: __, optimizer: ___, eps, ...options } }: GoldenCase): unknown {
  return eps === undefined ? options : { ...options, epsilon: eps };
}

function optimizerOf({ attributes: { optimizer } }: GoldenCase, lr: number): Optimizer {
  if (optimizer === undefined) return optimizerWith(lr);
  const parameters = [parameterOf([0])];
  return optimizer === 'SGD' ? new SGD(parameters, { lr, momentum: 0.9 }) : new AdamW(parameters, { lr });
}

/** Every parameter group of PyTorch has a rate of its own: each is replayed by an optimizer of its own. */
function replay(golden: GoldenCase): void {
  const rates = golden.attributes.lr as readonly number[];
  const metrics = golden.inputs.metrics?.data;
  rates.forEach((lr, group) => {
    const optimizer = optimizerOf(golden, lr);
    const scheduler = makers[golden.subject]!(optimizer, optionsOf(golden));
    const found = [optimizer.lr];
    const momentum = [optimizer.momentum!];
    for (let step = 0; step < (golden.attributes.steps as number); step++) {
      scheduler.step(metrics?.[step]);
      found.push(optimizer.lr);
      momentum.push(optimizer.momentum!);
    }
    const { initial, lr: after } = golden.outputs;
    if (golden.outputs.momentum) expectClose(momentum, golden.outputs.momentum.data, 'momentum');
    const expected = [initial!.data[group]!, ...after!.data.filter((_, i) => i % rates.length === group)];
    expectClose(found, expected, `lr of group ${group}`);
  });
}

const goldens = loadGolden('schedulers');

type Described = readonly { readonly name: string; readonly options: unknown }[];

/** What a script steps after every epoch: two schedulers, or one that is made of others. */
function composed({ subject, attributes }: GoldenCase, optimizer: Optimizer): readonly Scheduler[] {
  const described = attributes.schedulers as unknown as Described;
  const schedulers = described.map(({ name, options }) => makers[name]!(optimizer, options));
  if (subject === 'pair') return schedulers;
  if (subject === 'ChainedScheduler') return [new ChainedScheduler(schedulers)];
  const milestones = attributes.milestones as readonly number[];
  return [new SequentialLR(optimizer, schedulers as unknown as readonly EpochScheduler[], { milestones })];
}

const compositions = loadGolden('schedules');

describe('schedulers follow PyTorch', () => {
  it('in every stored schedule', () => expect([goldens.length, compositions.length]).toEqual([53, 144]));
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => replay(golden));

  it.each(compositions.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const optimizer = optimizerWith(golden.attributes.lr as number);
    const schedulers = composed(golden, optimizer);
    const found = [optimizer.lr];
    for (let step = 0; step < (golden.attributes.steps as number); step++) {
      for (const scheduler of schedulers) scheduler.step(1);
      found.push(optimizer.lr);
    }
    expectClose(found, golden.outputs.lr!.data, 'lr');
  });
});

describe('schedulers continue from their state', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const make = (optimizer: Optimizer) => makers[golden.subject]!(optimizer, optionsOf(golden));
    const metrics = golden.inputs.metrics?.data;
    fc.assert(
      fc.property(fc.nat(59), (interruption) => {
        const optimizer = optimizerOf(golden, 0.1);
        const scheduler = make(optimizer);
        for (let step = 0; step < interruption; step++) scheduler.step(metrics?.[step]);
        const state = JSON.parse(JSON.stringify(scheduler.stateDict()));
        const resumedOptimizer = optimizerOf(golden, 0.7);
        const resumed = make(resumedOptimizer);
        resumed.loadStateDict(state);
        const now = ({ lr, momentum }: Optimizer) => [lr, momentum];
        expect(now(resumedOptimizer)).toEqual(now(optimizer));
        for (let step = interruption; step < 60; step++) {
          scheduler.step(metrics?.[step]);
          resumed.step(metrics?.[step]);
          expect(now(resumedOptimizer)).toEqual(now(optimizer));
        }
      }),
      { numRuns: 5 },
    );
  });

  it.each(compositions.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const optimizer = optimizerWith(0.1);
    const schedulers = composed(golden, optimizer);
    const step = (each: Scheduler) => each.step(1);
    for (let epoch = 0; epoch < 5; epoch++) schedulers.forEach(step);
    const states = JSON.parse(JSON.stringify(schedulers.map((each) => each.stateDict())));
    const saved = JSON.parse(JSON.stringify(optimizer.stateDict().settings));
    const resumedOptimizer = optimizerWith(0.7);
    const resumed = composed(golden, resumedOptimizer);
    resumedOptimizer.loadStateDict({ settings: saved, tensors: new Map() });
    resumed.forEach((each, i) => {
      each.loadStateDict(states[i]);
    });
    expect(resumedOptimizer.initialLr).toBe(optimizer.initialLr);
    for (let epoch = 5; epoch < 12; epoch++) {
      expect(resumedOptimizer.lr).toBe(optimizer.lr);
      schedulers.forEach(step);
      resumed.forEach(step);
    }
    expect(resumedOptimizer.lr).toBe(optimizer.lr);
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
    const chain = new ChainedScheduler([step, plateau]);
    expect(() => chain.loadStateDict(before)).toThrow('ChainedScheduler.loadStateDict: the state is that of StepLR');
    const shorter = new ChainedScheduler([step]).stateDict();
    expect(() => chain.loadStateDict(shorter)).toThrow(
      'ChainedScheduler.loadStateDict: the state has 1 instead of 2 schedulers',
    );
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

  it('refuse to go without a metric', () => {
    const plateau: Scheduler = new ReduceLROnPlateau(optimizerWith(1));
    expect(() => plateau.step()).toThrow(ArgumentError);
    expect(() => plateau.step()).toThrow('ReduceLROnPlateau.step: the metric must be a number, not undefined');
    expect((plateau as ReduceLROnPlateau).best).toBeNull();
  });

  it.each(['min', 'max'] as const)('take a share of |best| for the margin of mode %s, below 0 too', (mode) => {
    const metric = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(metric, metric, fc.double({ min: 0, max: 2, noNaN: true }), (best, next, threshold) => {
        const plateau = new ReduceLROnPlateau(optimizerWith(1), { mode, threshold });
        plateau.step(best);
        plateau.step(next);
        const gain = mode === 'min' ? best - next : next - best;
        const margin = threshold * Math.abs(best);
        fc.pre(Math.abs(gain - margin) > 1e-12 * Math.abs(best));
        expect(plateau.best).toBe(gain > margin ? next : best);
      }),
    );
  });

  it('lower the rate where a negative metric stays as it is, and where it becomes worse', () => {
    for (const metrics of [
      [-1, -1, -1, -1],
      [-1, -0.95, -0.91, -0.9],
    ]) {
      const optimizer = optimizerWith(1);
      const plateau = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 2, threshold: 0.1 });
      for (const metric of metrics) plateau.step(metric);
      expect([optimizer.lr, plateau.best]).toEqual([0.5, -1]);
    }
  });

  it('share the rate that the optimizer had before the first of them, whoever is made first', () => {
    const optimizer = optimizerWith(1);
    const warmup = new LinearWarmup(optimizer, { startFactor: 0.1 });
    const cosine = new CosineAnnealingLR(optimizer, { tMax: 10 });
    expect([warmup.baseLr, cosine.baseLr, optimizer.initialLr, optimizer.lr]).toEqual([1, 1, 1, 0.1]);
    expect(new CosineAnnealingWarmRestarts(optimizer, { t0: 5 }).baseLr).toBe(1);
    expect(optimizer.lr).toBe(1);
  });

  it('step after every batch as well: one cycle ends with the training and not before', () => {
    const optimizer = new SGD([parameterOf([0])], { lr: 1, momentum: 0.9 });
    const cycle = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    for (let batch = 0; batch < 9; batch++) cycle.step();
    expectClose([optimizer.lr, optimizer.momentum!], [1 / 25 / 1e4, 0.95], 'at the end');
    cycle.step();
    expectClose([optimizer.lr, optimizer.momentum!], [1 / 25 / 1e4, 0.95], 'after the last batch');
    expect(() => cycle.step()).toThrow(
      'OneCycleLR.step: the cycle of 10 steps is over: give totalSteps all steps of the training',
    );
  });

  it('take the bounds of short cycles as they come', () => {
    const options = fc.record({
      totalSteps: fc.integer({ min: 1, max: 12 }),
      pctStart: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
      annealStrategy: fc.constantFrom('cos' as const, 'linear' as const),
      threePhase: fc.boolean(),
    });
    fc.assert(
      fc.property(options, (chosen) => {
        const optimizer = optimizerWith(1);
        const cycle = new OneCycleLR(optimizer, { ...chosen, maxLr: 2, cycleMomentum: false });
        for (let step = 0; step < chosen.totalSteps; step++) {
          expect(optimizer.lr).toBeGreaterThanOrEqual(0);
          expect(optimizer.lr).toBeLessThanOrEqual(2 * (1 + 1e-12));
          cycle.step();
        }
        expect(optimizer.lr).toBeCloseTo(2 / 25 / 1e4, 12);
      }),
    );
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
    ['ConstantLR', { factor: 0 }, 'factor must be above 0 and at most 1, not 0'],
    ['ConstantLR', { totalIterations: 1.5 }, 'totalIterations must be an integer above 0, not 1.5'],
    ['ExponentialLR', { gamma: -1 }, 'gamma must be a finite number above 0, not -1'],
    ['PolynomialLR', { totalIterations: 0 }, 'totalIterations must be an integer above 0, not 0'],
    ['PolynomialLR', { power: 0 }, 'power must be a finite number above 0, not 0'],
    ['OneCycleLR', { maxLr: 0, totalSteps: 5 }, 'maxLr must be a finite number above 0, not 0'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 0.5 }, 'totalSteps must be an integer above 0, not 0.5'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, pctStart: 1 }, 'pctStart must be above 0 and below 1, not 1'],
    [
      'OneCycleLR',
      { maxLr: 1, totalSteps: 5, pctStart: 0.6, threePhase: true },
      'pctStart must be above 0 and at most',
    ],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, annealStrategy: 'sine' }, 'annealStrategy must be cos or linear'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, maxMomentum: 1 }, 'maxMomentum must be from 0 to below 1, not 1'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, baseMomentum: -1 }, 'baseMomentum must be from 0 to below 1, not -1'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, divFactor: 0 }, 'divFactor must be a finite number above 0, not 0'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5, finalDivFactor: 0 }, 'finalDivFactor must be a finite number above 0'],
    ['OneCycleLR', { maxLr: 1, totalSteps: 5 }, 'the optimizer has no momentum that can be cycled: give it'],
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
    expect([optimizer.lr, optimizer.initialLr]).toEqual([1, undefined]);
  });

  it('refuse what cannot act together', () => {
    const optimizer = optimizerWith(1);
    const step = new StepLR(optimizer, { stepSize: 1 });
    const sequence = (schedulers: readonly EpochScheduler[], milestones: readonly number[]) => () =>
      new SequentialLR(optimizer, schedulers, { milestones });
    expect(sequence([], [])).toThrow('SequentialLR: there are no schedulers: give one or more');
    const foreign = new StepLR(optimizerWith(1), { stepSize: 1 });
    expect(sequence([step, foreign], [1])).toThrow(
      'SequentialLR: scheduler 1 was made with another optimizer: use the same',
    );
    expect(sequence([step, step], [])).toThrow('milestones must be 1 ascending integers above 0, not []');
    expect(sequence([step, step, step], [3, 3])).toThrow('milestones must be 2 ascending integers above 0, not [3,3]');
    expect(() => new ChainedScheduler([])).toThrow('ChainedScheduler: there are no schedulers: give one or more');
    expect(() => new LambdaLR(optimizer, () => -1)).toThrow('SGD: lr must be a finite number of 0 or more, not -1');
  });
});
