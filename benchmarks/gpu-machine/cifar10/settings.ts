import { parseArgs } from 'node:util';

/** What a training is told on the command line. */
export interface Settings {
  /** The folder of the six files. */
  readonly data: string;
  /** Where results are left. */
  readonly out: string;
  /** When everything must have ended, in seconds from the start of the program. */
  readonly seconds: number;
  /** So many epochs; undefined for as many as the seconds allow. */
  readonly epochs: number | undefined;
  readonly device: 'webgpu' | 'wasm';
  readonly model: 'resnet8' | 'resnet18';
  /** Null for the network with ReLU itself. */
  readonly degree: number | null;
  /** Steps with the target activation, before bounds are calibrated; undefined for one epoch. */
  readonly warmUp: number | undefined;
  /** α, where the boundary loss begins. */
  readonly alpha: number;
  readonly margin: number;
  readonly lambda: number | 'dual';
  readonly optimizer: 'adamw' | 'sgd';
  /** The highest learning rate. */
  readonly lr: number;
  readonly weightDecay: number;
  readonly maxNorm: number;
  readonly labelSmoothing: number;
  readonly batchSize: number;
  /** Training images; undefined for all. */
  readonly samples: number | undefined;
  /** Test images; undefined for all. */
  readonly testSamples: number | undefined;
  /** Epochs from one evaluation to the next; there is one at the end in any case. */
  readonly evaluateEvery: number;
  readonly seed: number;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new RangeError(`--${name} ${value}: take ${allowed.join(' or ')}`);
  return found;
}

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (!(number >= 0)) throw new RangeError(`--${name} ${value} is no number of 0 or more`);
  return number;
}

/** Reads the arguments of the program: `DATA OUT [--seconds 430] [--epochs N] …`. */
export function settingsOf(args: readonly string[]): Settings {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '430' },
      epochs: { type: 'string' },
      device: { type: 'string', default: 'webgpu' },
      model: { type: 'string', default: 'resnet18' },
      degree: { type: 'string', default: '8' },
      'warm-up': { type: 'string' },
      alpha: { type: 'string', default: '0.7' },
      margin: { type: 'string', default: '1.5' },
      lambda: { type: 'string', default: 'dual' },
      optimizer: { type: 'string', default: 'adamw' },
      lr: { type: 'string', default: '0.002' },
      'weight-decay': { type: 'string', default: '0.05' },
      'max-norm': { type: 'string', default: '1' },
      'label-smoothing': { type: 'string', default: '0' },
      'batch-size': { type: 'string', default: '128' },
      samples: { type: 'string' },
      'test-samples': { type: 'string' },
      'evaluate-every': { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [data, out] = positionals;
  if (!data || !out || positionals.length > 2)
    throw new RangeError('name the folder of the data, and that of the results');
  const number = (name: keyof typeof values): number => numberOf(name, values[name]!);
  const optional = (name: keyof typeof values): number | undefined =>
    values[name] === undefined ? undefined : numberOf(name, values[name]);
  return {
    data,
    out,
    seconds: number('seconds'),
    epochs: optional('epochs'),
    device: oneOf('device', values.device, ['webgpu', 'wasm']),
    model: oneOf('model', values.model, ['resnet8', 'resnet18']),
    degree: values.degree === 'none' ? null : number('degree'),
    warmUp: optional('warm-up'),
    alpha: number('alpha'),
    margin: number('margin'),
    lambda: values.lambda === 'dual' ? 'dual' : number('lambda'),
    optimizer: oneOf('optimizer', values.optimizer, ['adamw', 'sgd']),
    lr: number('lr'),
    weightDecay: number('weight-decay'),
    maxNorm: number('max-norm'),
    labelSmoothing: number('label-smoothing'),
    batchSize: number('batch-size'),
    samples: optional('samples'),
    testSamples: optional('test-samples'),
    evaluateEvery: number('evaluate-every'),
    seed: number('seed'),
  };
}
