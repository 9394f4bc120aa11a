import { type DatasetEntry, datasets } from '@pnn/data';
import { defaultTraining, optimizerNames, type TrainingSpec, trainingOf } from '@pnn/pnn';
import type { OptionSpecs, Options } from '../options.js';
import { defaultByDataset } from './data.js';
import { presetFrom } from './method.js';

/** How long, how fast and how carefully. */
export function trainingOptions(): OptionSpecs {
  const { epochs, batchSize, optimizer, lr, coefficientRate, weightDecay, maxNorm, seed } = defaultTraining;
  const defaultOf = (common: unknown, key: keyof NonNullable<DatasetEntry['training']>) =>
    defaultByDataset(common, ({ training }) => training?.[key]);
  return {
    'max-norm': { value: 'C', description: `clip gradients to this norm (default ${maxNorm}); none for no clipping` },
    'plain-clipping': { description: "clip BatchNorm's γ and β too, instead of leaving them out" },
    epochs: {
      value: 'N',
      description: `passes over the training data (${defaultOf(epochs, 'epochs')}; paper 30)`,
    },
    'batch-size': { value: 'N', description: `samples in a step (${defaultOf(batchSize, 'batchSize')}; paper 128)` },
    accumulate: { value: 'N', description: 'batches in a step: one of N times the size (default 1)' },
    optimizer: {
      value: 'NAME',
      description: `${optimizerNames.join(', ')} (default ${optimizer}); --lr suits ${optimizer}: give another`,
    },
    lr: { value: 'R', description: `learning rate (${defaultOf(lr, 'lr')}; paper 0.001)` },
    'coefficient-rate': {
      value: 'K',
      description: `learning rate of learned coefficients as a multiple of --lr (${defaultOf(coefficientRate, 'coefficientRate')})`,
    },
    'weight-decay': { value: 'W', description: `weight decay (default ${weightDecay})` },
    ema: {
      value: 'DECAY',
      description: `end with a moving average of the weights, of a decay such as 0.99, or none (${defaultOf('none', 'averageDecay')})`,
    },
    'keep-best': {
      description:
        'end with the weights of the best epoch, judged by a tenth of the training samples, held out for that',
    },
    'early-stopping': {
      value: 'N',
      description: 'end after N epochs without a better one, judged likewise',
    },
    'no-twin': { description: 'do not train the network with the target itself for comparison' },
    seed: { value: 'N', description: `seed of everything random (default ${seed})` },
  };
}

function averageDecayFrom(options: Options, base: number | null): number | null {
  if (options.text('ema') === 'none') return null;
  return options.number('ema', 'none, or from 0 to below 1', (decay) => decay >= 0 && decay < 1) ?? base;
}

const isPowerOfTwo = (value: number): boolean => value >= 1 && value <= 2 ** 30 && (value & (value - 1)) === 0;

/**
 * The training that the options ask for.
 *
 * @param processes how many processes share the shards of a batch
 * @throws UsageError if a value is out of its range
 */
export function trainingSpecFrom(options: Options, dataset: string, processes = 1): TrainingSpec {
  const published = presetFrom(options, dataset);
  const base = published ? trainingOf(published) : { ...defaultTraining, ...datasets.get(dataset).training };
  const syncBatchNorm = options.has('sync-batch-norm') || base.syncBatchNorm;
  const accumulate = options.integer('accumulate', 1) ?? base.accumulate;
  if (syncBatchNorm && accumulate > 1)
    options.refuse('--sync-batch-norm makes a step of each batch: leave --accumulate out');
  const maxNorm = options.text('max-norm') === 'none' ? null : (options.positive('max-norm') ?? base.maxNorm);
  const coefficientRate = options.positive('coefficient-rate');
  const areFixed = (options.text('coefficients') ?? (published ? 'fixed' : 'learned')) === 'fixed';
  if (coefficientRate !== undefined && areFixed) options.refuse('--coefficient-rate goes with --coefficients learned');
  return {
    epochs: options.integer('epochs', 1) ?? base.epochs,
    batchSize: options.integer('batch-size', 2) ?? base.batchSize,
    accumulate,
    shards: options.number('shards', 'a power of two', isPowerOfTwo) ?? processes,
    syncBatchNorm,
    optimizer: options.choice('optimizer', optimizerNames) ?? base.optimizer,
    lr: options.positive('lr') ?? base.lr,
    coefficientRate: coefficientRate ?? base.coefficientRate,
    weightDecay: options.number('weight-decay', 'a number of 0 or more', (w) => w >= 0) ?? base.weightDecay,
    maxNorm,
    clipping: options.has('plain-clipping') ? 'plain' : base.clipping,
    scheduler: base.scheduler,
    averageDecay: averageDecayFrom(options, base.averageDecay),
    keepBest: options.has('keep-best') || base.keepBest,
    patience: options.integer('early-stopping', 1) ?? base.patience,
    seed: options.integer('seed', 0) ?? base.seed,
  };
}
