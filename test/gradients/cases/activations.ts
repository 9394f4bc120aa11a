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
import fc from 'fast-check';
import { tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { type LayerOptions, layerCases } from '../layer-case.js';
import { quarters } from '../points.js';

/** Between the multiples of 1/4, where the kinks are; from −4.9 to 7.1. */
const offGrid = quarters(-5, 7).map((x) => x + 0.1);
const upTo = (max: number) => fc.integer({ min: 1, max });

function activation(make: (options: LayerOptions) => Module, minRank = 0): fc.Arbitrary<GradientCase> {
  return layerCases(
    fc
      .array(upTo(3), { minLength: minRank, maxLength: 2 })
      .chain((shape) => tablesOf(shape, offGrid))
      .map((x) => ({ make, inputs: [x] })),
  );
}

/** Activations by the names of their classes. */
export const activationCases: GradientCases = {
  LeakyReLU: activation(() => new LeakyReLU(0.2)),
  ELU: activation(() => new ELU(0.7)),
  SELU: activation(() => new SELU()),
  CELU: activation(() => new CELU(1.5)),
  Hardtanh: activation(() => new Hardtanh(-1, 2)),
  ReLU6: activation(() => new ReLU6()),
  Hardsigmoid: activation(() => new Hardsigmoid()),
  Hardswish: activation(() => new Hardswish()),
  Softplus: activation(() => new Softplus(1.5)),
  Softsign: activation(() => new Softsign()),
  Mish: activation(() => new Mish()),
  LogSigmoid: activation(() => new LogSigmoid()),
  GELU: activation(() => new GELU('tanh')),
  Softmax: activation(() => new Softmax(0), 1),
  LogSoftmax: activation(() => new LogSoftmax(0), 1),
  PReLU: layerCases(
    fc
      .tuple(upTo(2), upTo(2), fc.array(upTo(2), { maxLength: 1 }), fc.boolean())
      .chain(([samples, channels, places, perChannel]) =>
        tablesOf([samples, channels, ...places], offGrid).map((x) => ({
          make: (options: LayerOptions) => new PReLU(perChannel ? channels : 1, options),
          inputs: [x],
        })),
      ),
  ),
};
