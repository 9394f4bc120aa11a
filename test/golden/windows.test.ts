import { conv1d, conv2d, convTranspose1d, convTranspose2d, type Tensor } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

/** Inputs are multiples of 1/4 and sums have few terms. */
const exact: Tolerances = { float64: { relative: 0, scaled: 0 }, float32: { relative: 0, scaled: 0 } };

/** The attributes as options: a number where there is one axis, a word where PyTorch takes one. */
function optionsOf<Options>({ attributes }: GoldenCase, names: readonly string[]): Options {
  const entries = names.map((name) => {
    const value = attributes[name];
    return [name, Array.isArray(value) && value.length === 1 ? value[0] : value];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Options;
}

type Convolution<Options> = (x: Tensor, weight: Tensor, bias?: Tensor, options?: Options) => Tensor;

const names = ['stride', 'padding', 'outputPadding', 'dilation', 'groups'];

function convolution<Options>(convolve: Convolution<Options>): Computation {
  return ({ x, weight, bias }, golden) => convolve(x!, weight!, bias, optionsOf<Options>(golden, names));
}

compareWithGolden(
  'transposed',
  {
    conv1d: convolution(conv1d),
    conv2d: convolution(conv2d),
    convTranspose1d: convolution(convTranspose1d),
    convTranspose2d: convolution(convTranspose2d),
  },
  () => exact,
);
