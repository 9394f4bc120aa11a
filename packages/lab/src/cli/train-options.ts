import { resolve } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import {
  type BoundaryPenalty,
  dualAscentLimits,
  MAX_ACTIVATION_DEGREE,
  type Preset,
  penaltyForms,
  preset,
  targetNames,
} from '@pnn/pnn';
import {
  type ActivationSettings,
  type BoundPolicy,
  defaultActivation,
  defaultSettings,
  type ExperimentSettings,
  type LambdaPolicy,
  modelNames,
} from '../experiment/index.js';
import type { OptionSpecs, Options } from './options.js';

/** The data sets that the command knows. */
export const datasetNames = ['digits', 'mnist', 'fashion-mnist', 'cifar10'] as const;
/** One of the names that `--dataset` takes. */
export type DatasetName = (typeof datasetNames)[number];

/** Which images to train on. */
export interface DataSettings {
  readonly dataset: DatasetName;
  /** The absolute path of the folder of the files; undefined for the embedded digits. */
  readonly folder: string | undefined;
  /** The number of training images; undefined for all, of digits as many as `digitCounts` says. */
  readonly train: number | undefined;
  /** The number of test images, likewise. */
  readonly test: number | undefined;
}

/** As many digits as can be drawn. */
const MOST_IMAGES = 1_000_000;

/** The options of `pnn train`. */
export const trainOptionSpecs = {
  dataset: { value: 'NAME', description: `${datasetNames.join(', ')}; digits are drawn by the program itself` },
  data: { value: 'DIR', description: 'folder with the files of the data set in their official form' },
  'train-images': { value: 'N', description: 'train on the first N images only' },
  'test-images': { value: 'N', description: 'test on the first N images only' },
  model: { value: 'NAME', description: `${modelNames.join(', ')} (default cnn)` },
  widths: {
    value: 'N,N,…',
    description: 'filters of the cnn (16,32; digits 8,16), hidden widths of the mlp (256,128)',
  },
  order: { value: 'NAME', description: 'normalisation-first (default) or activation-first' },
  dropout: { value: 'P', description: 'probability of dropping a feature of the mlp (default 0)' },
  target: { value: 'NAME', description: `activation to approximate: ${targetNames.join(', ')} (default relu)` },
  degree: {
    value: 'N',
    description: `degree of the polynomials, 1 to ${MAX_ACTIVATION_DEGREE} (default ${defaultActivation.degree})`,
  },
  method: {
    value: 'NAME',
    description: 'fit by density (default where B is calibrated), least-squares (otherwise) or minimax',
  },
  bound: { value: 'B', description: 'B of the range [-B, B]: calibrated (default), paper, or a number' },
  alpha: { value: 'A', description: 'the boundary loss begins at |x| = A·B (default 0.7, with --bound paper its own)' },
  lambda: {
    value: 'L',
    description: 'weight of the boundary loss: a number (default 1000), dual or dual:START; 0 for none',
  },
  penalty: {
    value: 'FORM',
    description: `form of the boundary loss: ${penaltyForms.join(', ')} (default exponential)`,
  },
  cap: {
    value: 'E',
    description: 'excess |x| − αB (of power |x|/αB − 1) from which the loss goes on linearly (default 3; paper 10)',
  },
  outside: { value: 'NAME', description: 'beyond B while training: tangent (default) or polynomial (as in the paper)' },
  basis: { value: 'NAME', description: 'evaluate by even-odd Horner (default) or plain Horner: monomial' },
  learnable: { description: 'learn the coefficients too' },
  'max-norm': { value: 'C', description: 'clip gradients to this norm (default 1); none for no clipping' },
  'plain-clipping': { description: "clip BatchNorm's γ and β too, instead of leaving them out" },
  epochs: { value: 'N', description: 'passes over the training images' },
  'batch-size': { value: 'N', description: 'images in a step' },
  lr: { value: 'R', description: 'learning rate of AdamW (default 0.001)' },
  'weight-decay': { value: 'W', description: 'weight decay of AdamW (default 0.01)' },
  seed: { value: 'N', description: 'seed of everything random (default 0)' },
  device: { value: 'NAME', description: 'wasm (default), reference, gpu or gpu:MODE: see pnn devices' },
  threads: { value: 'N', description: 'threads of the device wasm (default: one for each processor, or PNN_THREADS)' },
  'no-twin': { description: 'do not train the network with the target itself for comparison' },
  out: { value: 'DIR', description: 'folder for model, report and checkpoint (default runs/NAME-TIME)' },
  resume: { value: 'FILE', description: 'go on from a checkpoint; takes no other options' },
} as const satisfies OptionSpecs;

/** @throws UsageError where options do not fit */
export function dataSettingsFrom(options: Options): DataSettings {
  const dataset = options.choice('dataset', datasetNames) ?? 'digits';
  const folder = options.text('data');
  if (dataset !== 'digits' && folder === undefined) options.refuse(`--dataset ${dataset} needs --data DIR`);
  if (dataset === 'digits' && folder !== undefined)
    options.refuse('--data goes with --dataset mnist, fashion-mnist, cifar10');
  return {
    dataset,
    folder: folder === undefined ? undefined : resolve(folder),
    // BatchNorm cannot learn from a single image.
    train: options.integer('train-images', 2, MOST_IMAGES),
    test: options.integer('test-images', 1, MOST_IMAGES),
  };
}

function publishedSettings(options: Options, dataset: string, degree: number): Preset {
  try {
    return preset(dataset === 'digits' ? 'mnist' : dataset, degree);
  } catch (error) {
    if (error instanceof ArgumentError) return options.refuse(`--bound paper: ${error.message}`);
    throw error;
  }
}

function boundFrom(options: Options, dataset: string, degree: number): { bound: BoundPolicy; alpha: number } {
  const text = options.text('bound');
  const alpha = options.number('alpha', 'a number above 0, up to 1', (value) => value > 0 && value <= 1);
  if (text === undefined || text === 'calibrated') {
    return { bound: defaultActivation.bound, alpha: alpha ?? defaultActivation.alpha };
  }
  if (text === 'paper') {
    const published = publishedSettings(options, dataset, degree);
    return { bound: { kind: 'fixed', bound: published.bound }, alpha: alpha ?? published.alpha };
  }
  const bound = options.number('bound', 'calibrated, paper or a positive number', (value) => value > 0)!;
  return { bound: { kind: 'fixed', bound }, alpha: alpha ?? defaultActivation.alpha };
}

function lambdaFrom(options: Options): LambdaPolicy {
  const text = options.text('lambda');
  if (text === undefined) return defaultActivation.lambda;
  const dual = /^dual(?::(.+))?$/.exec(text);
  const start = dual ? (dual[1] ?? `${dualAscentLimits.initial}`) : text;
  const number = start.trim() === '' ? Number.NaN : Number(start);
  if (dual && number >= dualAscentLimits.minimum && number <= dualAscentLimits.maximum)
    return { kind: 'dual', initial: number };
  if (!dual && number >= 0 && Number.isFinite(number)) return { kind: 'constant', lambda: number };
  return options.refuse(
    `--lambda ${text} is neither a number of 0 or more nor dual or dual:START, ` +
      `START from ${dualAscentLimits.minimum} to ${dualAscentLimits.maximum}`,
  );
}

/** A fit by density is a matter of calibration, which is when the density gets known. */
function fitFrom(options: Options, bound: BoundPolicy): Pick<ActivationSettings, 'bound' | 'method'> {
  const method = options.choice('method', ['density', 'least-squares', 'minimax']);
  if (bound.kind === 'fixed') {
    if (method === 'density') options.refuse('--method density goes with --bound calibrated');
    return { bound, method: method ?? 'least-squares' };
  }
  const density = (method ?? 'density') === 'density';
  return { bound: { ...bound, density }, method: method === 'minimax' ? method : 'least-squares' };
}

function activationFrom(options: Options, dataset: string): ActivationSettings {
  const degree = options.integer('degree', 1, MAX_ACTIVATION_DEGREE) ?? defaultActivation.degree;
  const asInPaper = options.text('bound') === 'paper';
  const form: BoundaryPenalty['form'] = options.choice('penalty', penaltyForms) ?? 'exponential';
  const cap = options.positive('cap');
  if (cap !== undefined && form === 'max-norm')
    options.refuse('--cap goes with the other forms of --penalty, not max-norm');
  const range = boundFrom(options, dataset, degree);
  return {
    degree,
    alpha: range.alpha,
    ...fitFrom(options, range.bound),
    basis: options.choice('basis', ['even-odd', 'monomial']) ?? defaultActivation.basis,
    learnable: options.has('learnable'),
    outside: options.choice('outside', ['tangent', 'polynomial']) ?? (asInPaper ? 'polynomial' : 'tangent'),
    penalty: { form, cap: cap ?? (asInPaper ? 10 : defaultActivation.penalty.cap) },
    lambda: lambdaFrom(options),
  };
}

function widthsFrom(options: Options, model: ExperimentSettings['model'], dataset: DatasetName): readonly number[] {
  const text = options.text('widths');
  if (text === undefined) return model === 'mlp' ? [256, 128] : dataset === 'digits' ? [8, 16] : defaultSettings.widths;
  const widths = text.split(',').map(Number);
  if (!widths.every((width) => Number.isSafeInteger(width) && width > 0)) {
    options.refuse(`--widths ${text} is not a list of positive integers like 16,32`);
  }
  if (model !== 'cnn' && model !== 'mlp') options.refuse(`--widths goes with --model cnn or mlp, not ${model}`);
  const side = dataset === 'cifar10' ? 32 : 28;
  if (model === 'cnn' && 2 ** widths.length > side) {
    options.refuse(`--widths ${text} halves images of ${side}x${side} until nothing is left: give fewer`);
  }
  return widths;
}

function dropoutFrom(options: Options, model: ExperimentSettings['model']): number {
  const dropout = options.number('dropout', 'a number from 0 to below 1', (p) => p >= 0 && p < 1);
  if (dropout && model !== 'mlp') options.refuse(`--dropout goes with --model mlp, not ${model}`);
  return dropout ?? defaultSettings.dropout;
}

/**
 * The settings of the polynomial network.
 *
 * @throws UsageError where a value is out of its range or options do not go together
 */
export function experimentSettingsFrom(options: Options, dataset: DatasetName): ExperimentSettings {
  const isEmbedded = dataset === 'digits';
  const model = options.choice('model', modelNames) ?? defaultSettings.model;
  const maxNorm =
    options.text('max-norm') === 'none' ? null : (options.positive('max-norm') ?? defaultSettings.maxNorm);
  return {
    model,
    widths: widthsFrom(options, model, dataset),
    order: options.choice('order', ['normalisation-first', 'activation-first']) ?? defaultSettings.order,
    dropout: dropoutFrom(options, model),
    target: options.choice('target', targetNames) ?? defaultSettings.target,
    activation: activationFrom(options, dataset),
    epochs: options.integer('epochs', 1) ?? (isEmbedded ? 4 : 2),
    batchSize: options.integer('batch-size', 2) ?? (isEmbedded ? 64 : 128),
    lr: options.positive('lr') ?? (isEmbedded ? 2e-3 : defaultSettings.lr),
    weightDecay: options.number('weight-decay', 'a number of 0 or more', (w) => w >= 0) ?? defaultSettings.weightDecay,
    maxNorm,
    clipping: options.has('plain-clipping') ? 'plain' : 'selective',
    seed: options.integer('seed', 0) ?? defaultSettings.seed,
  };
}
