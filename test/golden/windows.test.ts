import {
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  adaptiveAveragePool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  fold,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type Tensor,
  unfold,
} from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenAttribute, GoldenCase } from './load.js';

/** Inputs are multiples of 1/4 and sums have few terms. */
const exact: Tolerances = { float64: { relative: 0, scaled: 0 }, float32: { relative: 0, scaled: 0 } };
/** A mean along each of three axes, corrected once for each, and their gradients, which add up as many again. */
const divided: Tolerances = {
  float64: { relative: 3e-15, scaled: 3e-15 },
  float32: { relative: 1e-6, scaled: 1e-6 },
};

/** The attributes as options: a number where there is one axis. */
function optionsOf<Options>({ attributes }: GoldenCase, names: readonly string[]): Options {
  const entries = names.map((name): [string, GoldenAttribute | undefined] => {
    const value = attributes[name];
    return [name, Array.isArray(value) && value.length === 1 ? value[0] : value];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Options;
}

type Convolution<Options> = (x: Tensor, weight: Tensor, bias?: Tensor, options?: Options) => Tensor;

const windowOptions = ['stride', 'padding', 'dilation'];
const convolutionOptions = [...windowOptions, 'paddingMode', 'outputPadding', 'groups'];

function convolution<Options>(convolve: Convolution<Options>): Computation {
  return ({ x, weight, bias }, golden) => convolve(x!, weight!, bias, optionsOf<Options>(golden, convolutionOptions));
}

const convolutions = { conv1d: convolution(conv1d), conv2d: convolution(conv2d), conv3d: convolution(conv3d) };

compareWithGolden(
  'transposed',
  {
    ...convolutions,
    convTranspose1d: convolution(convTranspose1d),
    convTranspose2d: convolution(convTranspose2d),
    convTranspose3d: convolution(convTranspose3d),
  },
  () => exact,
);

const sizeOf = <Size>(golden: GoldenCase, name: string) =>
  optionsOf<Readonly<Record<string, Size>>>(golden, [name])[name]!;

function pooling<Size, Options>(pool: (x: Tensor, kernel: Size, options?: Options) => Tensor): Computation {
  return ({ x }, golden) =>
    pool(
      x!,
      sizeOf<Size>(golden, 'kernelSize'),
      optionsOf<Options>(golden, [...windowOptions, 'ceilMode', 'countIncludePad']),
    );
}

function adaptive<Size>(pool: (x: Tensor, size: Size) => Tensor): Computation {
  return ({ x }, golden) => pool(x!, sizeOf<Size>(golden, 'size'));
}

compareWithGolden(
  'windows',
  {
    ...convolutions,
    maxPool1d: pooling(maxPool1d),
    maxPool2d: pooling(maxPool2d),
    maxPool3d: pooling(maxPool3d),
    avgPool1d: pooling(averagePool1d),
    avgPool2d: pooling(averagePool2d),
    avgPool3d: pooling(averagePool3d),
    adaptiveMaxPool1d: adaptive(adaptiveMaxPool1d),
    adaptiveMaxPool2d: adaptive(adaptiveMaxPool2d),
    adaptiveMaxPool3d: adaptive(adaptiveMaxPool3d),
    adaptiveAvgPool1d: adaptive(adaptiveAveragePool1d),
    adaptiveAvgPool2d: adaptive(adaptiveAveragePool2d),
    adaptiveAvgPool3d: adaptive(adaptiveAveragePool3d),
    unfold: ({ x }, golden) => unfold(x!, sizeOf(golden, 'kernelSize'), optionsOf(golden, windowOptions)),
    fold: ({ x }, golden) =>
      fold(x!, sizeOf(golden, 'size'), sizeOf(golden, 'kernelSize'), optionsOf(golden, windowOptions)),
  },
  ({ subject }) => (/avgPool|AvgPool/.test(subject) ? divided : exact),
);
