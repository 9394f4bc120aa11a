import { crossEntropy, Flatten, Linear, memory, OneCycleLR, Sequential, setSeed } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dualAscent,
  PolynomialActivation,
  restoreCheckpoint,
  type StepRecord,
  takeCheckpoint,
} from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import { all, blobLoader, networkBits, toyTrainer, withoutTimes } from './toy.js';

/** Without BatchNorm, which sees one batch after the other. */
const plainNetwork = () =>
  new Sequential(new Flatten(), new Linear(4, 8), new PolynomialActivation({ degree: 4, bound: 3 }), new Linear(8, 3));

/** Trains with batches of this size, so many in a step, and gives the steps and the weights. */
async function trained(samples: number, batchSize: number, accumulate: number) {
  const steps: StepRecord[] = [];
  setSeed(3);
  const trainer = toyTrainer({
    accumulate,
    network: plainNetwork(),
    lambda: 10,
    onStep: (step) => steps.push(step),
  });
  for (const parameter of trainer.network.parameters()) parameter.assign(parameter.mul(0.5).detach());
  const [epoch] = await all(trainer.fit(blobLoader(samples, { batchSize }), { epochs: 1 }));
  const weights = trainer.network.parameters().flatMap((parameter) => [...parameter.dataSync()]);
  return { steps, epoch: epoch!, weights };
}

describe('Trainer with accumulate', () => {
  it('makes the steps of batches that are larger by as much, whatever is left at the end', async () => {
    const cases = fc.record({
      samples: fc.integer({ min: 5, max: 40 }),
      batchSize: fc.integer({ min: 1, max: 7 }),
      accumulate: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ samples, batchSize, accumulate }) => {
        const parts = await trained(samples, batchSize, accumulate);
        const whole = await trained(samples, batchSize * accumulate, 1);
        expect(parts.steps.map(({ step, samples: count }) => [step, count])).toEqual(
          whole.steps.map(({ step, samples: count }) => [step, count]),
        );
        for (const [i, step] of parts.steps.entries()) {
          expect(step.loss).toBeCloseTo(whole.steps[i]!.loss, 3);
          expect(step.norm / whole.steps[i]!.norm).toBeCloseTo(1, 2);
          expect(step.metrics.accuracy).toBeCloseTo(whole.steps[i]!.metrics.accuracy!, 1);
        }
        expect(parts.epoch.steps).toBe(Math.ceil(samples / (batchSize * accumulate)));
        expect(parts.epoch.trainLoss).toBeCloseTo(whole.epoch.trainLoss, 3);
      }),
      { numRuns: 6 },
    );
  });

  it('has the gradient of the mean over all samples, to single precision', async () => {
    const [parts, whole] = [await trained(35, 4, 9), await trained(35, 36, 1)];
    expect(parts.steps).toHaveLength(1);
    expect(parts.steps[0]!.norm / whole.steps[0]!.norm).toBeCloseTo(1, 5);
    expect(parts.steps[0]!.loss).toBeCloseTo(whole.steps[0]!.loss, 5);
    expect(parts.steps[0]!.boundary).toBeCloseTo(whole.steps[0]!.boundary, 4);
  });

  it('goes on from a checkpoint between two steps with the bits of a training that was not interrupted', async () => {
    const options = (epochs: number) => ({ epochs, validation: blobLoader(12, { shuffle: false }) });
    const make = (onStep?: (step: StepRecord) => void) =>
      toyTrainer({ accumulate: 3, lambda: dualAscent(), calibration: { steps: 2 }, ...(onStep && { onStep }) });
    const whole = make();
    const expected = await all(whole.fit(blobLoader(84), options(3)));
    for (const last of [1, 2, 3, 5]) {
      const abort = new AbortController();
      const first = make(({ step }) => step === last && abort.abort());
      const before = await all(first.fit(blobLoader(84), { ...options(3), signal: abort.signal }));
      const checkpoint = await takeCheckpoint(first);
      const second = make();
      restoreCheckpoint(second, checkpoint);
      const after = await all(second.fit(blobLoader(84), options(3)));
      expect(withoutTimes([...before, ...after])).toEqual(withoutTimes(expected));
      expect(networkBits(second.network)).toEqual(networkBits(whole.network));
    }
  });

  it('lets batches go on the way, and keeps nothing', async () => {
    await settledMemory();
    const alive: number[] = [];
    const watched = toyTrainer({ accumulate: 4, onStep: () => alive.push(memory().tensors) });
    await all(watched.fit(blobLoader(96, { batchSize: 6 }), { epochs: 5 }));
    expect(new Set(alive.slice(4)).size).toBe(1);
  });

  it('keeps nothing of the first batches where the loss of a later one fails', async () => {
    let calls = 0;
    const trainer = toyTrainer({
      accumulate: 3,
      loss: (outputs, labels) => {
        if (++calls % 3 === 0) throw new Error('no loss');
        return crossEntropy(outputs, labels);
      },
    });
    const train = () => all(trainer.fit(blobLoader(), { epochs: 1 }));
    await expect(train()).rejects.toThrow('no loss');
    const { tensors } = await settledMemory();
    await expect(train()).rejects.toThrow('no loss');
    // At once: what is only forgotten goes with the garbage.
    expect(memory().tensors).toBe(tensors);
  });

  it('refuses what is no number of batches', () => {
    for (const accumulate of [0, 1.5, -1]) {
      expect(() => toyTrainer({ accumulate })).toThrow(
        `Trainer: accumulate must be an integer above 0, not ${accumulate}`,
      );
    }
  });
});

describe('Trainer with a scheduler for steps', () => {
  it('refuses what is neither an epoch nor a step', () => {
    expect(() => toyTrainer({ scheduling: 'batch' as 'step' })).toThrow(
      'Trainer: scheduling must be epoch or step, not batch',
    );
  });

  it('steps it after every step of the optimizer, and goes on from a checkpoint', async () => {
    const make = (onStep?: (step: StepRecord) => void) => {
      const { network, options } = toyTrainer();
      const scheduler = new OneCycleLR(options.optimizer, { maxLr: 0.1, totalSteps: 8 });
      const trainer = toyTrainer({
        ...options,
        network: network as Sequential,
        accumulate: 2,
        scheduler,
        scheduling: 'step',
        ...(onStep && { onStep }),
      });
      return trainer;
    };
    const rates: number[] = [];
    const whole = make(() => rates.push(whole.options.optimizer.lr));
    const expected = await all(whole.fit(blobLoader(), { epochs: 4 }));
    expect(rates).toHaveLength(8);
    expect(new Set(rates.slice(0, 7)).size).toBe(7);
    expect(expected.at(-1)!.learningRate).toBeCloseTo(0.1 / 25 / 1e4, 12);
    const abort = new AbortController();
    const first = make(({ step }) => step === 3 && abort.abort());
    const before = await all(first.fit(blobLoader(), { epochs: 4, signal: abort.signal }));
    const second = make();
    restoreCheckpoint(second, await takeCheckpoint(first));
    const after = await all(second.fit(blobLoader(), { epochs: 4 }));
    expect(withoutTimes([...before, ...after])).toEqual(withoutTimes(expected));
    expect(networkBits(second.network)).toEqual(networkBits(whole.network));
  });
});
