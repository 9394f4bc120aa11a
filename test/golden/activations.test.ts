import {
  CELU,
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  type Module,
  PReLU,
  ReLU6,
  SELU,
  Softmax,
  Softplus,
  Softsign,
} from '@pnn/nn';
import type { FloatDType } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import { loadGoldenState } from './modules.js';

type Options = Readonly<Record<string, number | undefined>>;

const layer =
  (make: (options: Options, dtype: FloatDType) => Module): Computation =>
  (given, golden, dtype) => {
    const module = make(golden.attributes as Options, dtype);
    loadGoldenState(module, golden, given);
    return { outputs: { y: module.forward(given.x!) }, module };
  };

/** Derivatives beyond the bends are small differences of numbers of size 1. */
const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-15, absolute: 1e-13 },
  float32: { relative: 3e-6, scaled: 3e-7, absolute: 1e-6 },
};

/** PyTorch multiplies by 1/6 in float32, whatever the type. */
const sixthInSingle: Tolerances = { ...tolerances, float64: { relative: 2 ** -24, scaled: 0 } };

compareWithGolden(
  'activations',
  {
    LeakyReLU: layer(({ negative_slope }) => new LeakyReLU(negative_slope)),
    ELU: layer(({ alpha }) => new ELU(alpha)),
    SELU: layer(() => new SELU()),
    CELU: layer(({ alpha }) => new CELU(alpha)),
    Hardtanh: layer(({ min_val, max_val }) => new Hardtanh(min_val, max_val)),
    ReLU6: layer(() => new ReLU6()),
    Hardsigmoid: layer(() => new Hardsigmoid()),
    Hardswish: layer(() => new Hardswish()),
    Softplus: layer(({ beta }) => new Softplus(beta)),
    Softsign: layer(() => new Softsign()),
    Mish: layer(() => new Mish()),
    LogSigmoid: layer(() => new LogSigmoid()),
    GELU: layer(() => new GELU('tanh')),
    Softmax: layer(({ axis }) => new Softmax(axis)),
    LogSoftmax: layer(({ axis }) => new LogSoftmax(axis)),
    PReLU: layer(({ slopes }, dtype) => new PReLU(slopes, { dtype })),
  },
  ({ subject }) => (subject === 'Hardsigmoid' ? sixthInSingle : tolerances),
);
