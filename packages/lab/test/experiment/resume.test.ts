import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream, setSeed } from '@pnn/nn';
import { type Checkpoint, restoreCheckpoint, takeCheckpoint } from '@pnn/pnn';
import { loadCheckpoint, saveCheckpoint } from '@pnn/pnn/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, bitsOf, networkBits, withoutTimes } from '../../../pnn/test/training/toy.js';
import { Experiment, type ExperimentSpec } from '../../src/index.js';
import { toySpec, toySplits } from './toy-images.js';

/** Everything that two equal trainings have in common. */
async function outcome(experiment: Experiment) {
  const { trainer, network } = experiment;
  const { optimizer, scheduler } = trainer.options;
  const { tensors, settings } = optimizer.stateDict();
  const { loader, ...progress } = trainer.progress();
  return {
    network: networkBits(network),
    moments: Object.fromEntries(Array.from(tensors, ([name, moment]) => [name, bitsOf(moment)])),
    optimizer: settings,
    scheduler: scheduler?.stateDict(),
    progress: withoutTimes(progress),
    order: loader,
    dropout: randomStream('dropout').state().position,
    epochs: withoutTimes(experiment.epochs),
    record: withoutTimes(await experiment.record('toy')),
    predictions: await experiment.predictions(5),
  };
}

const splits = toySplits();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-resume-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The checkpoint as it comes back from a file. */
async function throughFile(checkpoint: Checkpoint): Promise<Checkpoint> {
  const path = join(folder, 'checkpoint.safetensors');
  await saveCheckpoint(path, checkpoint);
  return loadCheckpoint(path);
}

async function uninterrupted(spec: ExperimentSpec) {
  const experiment = new Experiment(spec, splits);
  await all(experiment.run());
  const result = await outcome(experiment);
  experiment.dispose();
  return result;
}

/** A new experiment that has gone through the rest, from a checkpoint. */
async function resumed(spec: ExperimentSpec, checkpoint: Checkpoint) {
  const stored = await throughFile(checkpoint);
  // Another program would have its streams anywhere.
  setSeed(99);
  for (const name of ['dropout', 'shuffle', 'initialisation']) randomStream(name).bits();
  const experiment = new Experiment(spec, splits);
  restoreCheckpoint(experiment.trainer, stored);
  experiment.epochs.push(...stored.state.epochs);
  await all(experiment.run());
  const result = await outcome(experiment);
  experiment.dispose();
  return result;
}

/** The checkpoint of a training that was aborted in this step. */
async function abortedAfter(spec: ExperimentSpec, last: number): Promise<Checkpoint> {
  const abort = new AbortController();
  const experiment = new Experiment(spec, splits, { onStep: ({ step }) => step === last && abort.abort() });
  await all(experiment.run(abort.signal));
  expect(experiment.trainer.progress().step).toBe(last);
  const checkpoint = await takeCheckpoint(experiment.trainer, experiment.epochs);
  experiment.dispose();
  return checkpoint;
}

const cases: [name: string, spec: ExperimentSpec][] = [
  ['with the default method', toySpec()],
  [
    'with dropout, dual ascent and learnable coefficients',
    toySpec({ dropout: 0.3 }, { lambda: { kind: 'dual', initial: 10 }, learnable: true }),
  ],
  [
    'with a fixed bound, plain clipping, a smooth target and plain Horner',
    toySpec(
      { clipping: 'plain', target: 'silu', seed: 4 },
      { bound: { kind: 'fixed', bound: 3 }, basis: 'monomial', outside: 'polynomial' },
    ),
  ],
  ['of convolutions', toySpec({ model: 'cnn', widths: [2, 3], order: 'activation-first', maxNorm: null })],
  ['of the twin', toySpec({}, null)],
];

describe.each(cases)('a training %s', (_, spec) => {
  it('gives the same bits twice, and others from another seed', async () => {
    const first = await uninterrupted(spec);
    expect(await uninterrupted(spec)).toEqual(first);
    expect((await uninterrupted({ ...spec, training: { ...spec.training, seed: 5 } })).network).not.toEqual(
      first.network,
    );
  });

  // The warm-up ends with step 3, an epoch has 4 steps.
  it('goes on to the same bits after each of its 12 steps', async () => {
    const expected = await uninterrupted(spec);
    for (let last = 1; last <= 12; last++) {
      expect(await resumed(spec, await abortedAfter(spec, last)), `after step ${last}`).toEqual(expected);
    }
  });

  it('goes on to the same bits from checkpoints taken on the way, between its epochs', async () => {
    const experiment = new Experiment(spec, splits);
    const checkpoints: Checkpoint[] = [await takeCheckpoint(experiment.trainer)];
    for await (const __ of experiment.run()) {
      checkpoints.push(await takeCheckpoint(experiment.trainer, experiment.epochs));
    }
    const expected = await outcome(experiment);
    expect(checkpoints).toHaveLength(4);
    for (const checkpoint of checkpoints) expect(await resumed(spec, checkpoint)).toEqual(expected);
  });
});

describe('a training whose learning rate was reduced', () => {
  const spec = toySpec({ epochs: 9, batchSize: 32, lr: 1e-7 }, { bound: { kind: 'fixed', bound: 5 } });

  it('goes on with the reduced one', async () => {
    const expected = await uninterrupted(spec);
    const rates = (expected.epochs as { learningRate: number }[]).map(({ learningRate }) => learningRate);
    expect(rates.slice(0, 7)).toEqual(new Array(7).fill(1e-7));
    expect(rates[7]).toBeCloseTo(1e-8, 15);
    for (const last of [6, 7, 8]) expect(await resumed(spec, await abortedAfter(spec, last))).toEqual(expected);
  });
});

describe('a training interrupted several times', () => {
  it('ends as if it had not been', async () => {
    const spec = toySpec({ dropout: 0.2 }, { lambda: { kind: 'dual', initial: 5 } });
    const expected = await uninterrupted(spec);
    let checkpoint = await abortedAfter(spec, 2);
    for (const last of [3, 5, 9]) {
      const abort = new AbortController();
      const experiment = new Experiment(spec, splits, { onStep: ({ step }) => step === last && abort.abort() });
      restoreCheckpoint(experiment.trainer, await throughFile(checkpoint));
      experiment.epochs.push(...checkpoint.state.epochs);
      await all(experiment.run(abort.signal));
      checkpoint = await takeCheckpoint(experiment.trainer, experiment.epochs);
      experiment.dispose();
    }
    expect(await resumed(spec, checkpoint)).toEqual(expected);
  });
});
