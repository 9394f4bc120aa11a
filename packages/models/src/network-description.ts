import { type ChannelStatistics, FormatError, type Shape } from '@pnn/nn';
import { defaultPolynomial, type MethodSpec, type PolynomialSpec } from '@pnn/pnn';
import {
  boolean,
  count,
  type Decoder,
  list,
  methodSpec,
  nullable,
  number,
  object,
  oneOf,
  polynomialSpec,
  text,
} from '@pnn/pnn/codec';
import { type ModelSpec, modelSpec } from './model-spec.js';

/** One polynomial activation of a network. */
export interface ActivationDescription {
  /** Path of the module in the network. */
  readonly name: string;
  readonly target: string;
  readonly degree: number;
  readonly bound: number;
  readonly alpha: number;
  /** Whether the polynomial is in use; not if the training diverged in the warm-up, which is made with the target. */
  readonly approximating: boolean;
}

/** What a network is and what it takes: all that is needed to use its parameters. Plain data that survives JSON. */
export interface NetworkDescription {
  readonly version: 2;
  readonly model: ModelSpec;
  readonly method: MethodSpec;
  /** The shape of one sample. */
  readonly inputShape: Shape;
  /** What samples are: bytes, which become byte / 255, indices (int32), or numbers. */
  readonly inputType: 'uint8' | 'int32' | 'float32' | 'float64';
  /** What each channel is normalized with, (x − mean) / std; null for samples that are used as they are. */
  readonly normalization: ChannelStatistics | null;
  /** Numbers that come out of a sample. */
  readonly outputs: number;
  /** The names of the classes, if the outputs are classes. */
  readonly classes: readonly string[] | null;
  /** The polynomial activations, from input to output. */
  readonly activations: readonly ActivationDescription[];
}

const statistics = object<ChannelStatistics>({ mean: list(number), std: list(number) });

const activation = object<ActivationDescription>({
  name: text,
  target: text,
  degree: count,
  bound: number,
  alpha: number,
  approximating: boolean,
});

const version2 = object<NetworkDescription>({
  version: oneOf(2),
  model: modelSpec,
  method: methodSpec,
  inputShape: list(count),
  inputType: oneOf('uint8', 'int32', 'float32', 'float64'),
  normalization: nullable(statistics),
  outputs: count,
  classes: nullable(list(text)),
  activations: list(activation),
});

/** The settings of version 1, which took images alone; those that say nothing of the network are left out. */
interface Version1 {
  readonly settings: {
    readonly model: string;
    readonly widths: readonly number[];
    readonly order: 'normalisation-first' | 'activation-first';
    readonly dropout: number;
    readonly target: string;
    readonly activation: Omit<PolynomialSpec, 'samples'> | null;
  };
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: readonly string[];
  readonly statistics: ChannelStatistics;
  readonly activations: readonly ActivationDescription[];
}

const withoutSamples: Decoder<Omit<PolynomialSpec, 'samples'>> = (value, path) =>
  polynomialSpec(typeof value === 'object' ? { ...value, samples: defaultPolynomial.samples } : value, path);

const version1 = object<Version1>({
  settings: object<Version1['settings']>({
    model: text,
    widths: list(count),
    order: oneOf('normalisation-first', 'activation-first'),
    dropout: number,
    target: text,
    activation: nullable(withoutSamples),
  }),
  channels: count,
  height: count,
  width: count,
  classes: list(text),
  statistics,
  activations: list(activation),
});

function upgraded({ settings, channels, height, width, classes, ...rest }: Version1): NetworkDescription {
  const { model, widths, order, dropout, target, activation: polynomial } = settings;
  return {
    version: 2,
    model: {
      name: model,
      widths: model.startsWith('resnet') ? [] : widths,
      order: order === 'activation-first' ? order : 'normalization-first',
      dropout: model === 'mlp' ? dropout : 0,
    },
    method: { target, polynomial: polynomial && { ...polynomial, samples: defaultPolynomial.samples } },
    inputShape: [channels, height, width],
    inputType: 'uint8',
    normalization: rest.statistics,
    outputs: classes.length,
    classes,
    activations: rest.activations,
  };
}

/** Decodes the description of a network of this version or of version 1. */
export const networkDescription: Decoder<NetworkDescription> = (value, path) => {
  const { version } = object<{ version: number }>({ version: number })(value, path);
  if (version === 2) return version2(value, path);
  if (version === 1) return upgraded(version1(value, path));
  throw new FormatError(`${path} has version ${version}, and this software reads versions 1 and 2`);
};
