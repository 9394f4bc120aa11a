import {
  AdamW,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  GELU,
  GlobalAvgPool,
  Linear,
  MaxPool1d,
  MaxPool2d,
  type Module,
  meanSquaredError,
  Polynomial,
  ReLU,
  Residual,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
} from '@pnn/nn';
import { type FloatDType, scope, stack, type Tensor } from '@pnn/tensor';
import { penaltyOf } from '../../packages/autograd/src/rules/polynomial.js';
import { type Computed, compareWithGolden, type Tensors, type Tolerances } from './compare.js';
import type { GoldenAttribute, GoldenCase } from './load.js';
import { loadGoldenState } from './modules.js';

/** Numbers of the description of a layer; absent ones have our defaults, which are PyTorch's. */
type Numbers = Readonly<Record<string, number>>;

interface Description {
  readonly [argument: string]: GoldenAttribute;
}

interface PenaltyDescription {
  readonly alpha: number;
  readonly cap: number;
  readonly lambda: number;
}

function convolutionOptions(layer: Description, dtype: FloatDType) {
  const { stride, padding, groups, bias } = layer;
  return {
    dtype,
    ...(stride !== undefined && { stride: stride as number }),
    ...(padding !== undefined && { padding: padding as number }),
    ...(groups !== undefined && { groups: groups as number }),
    ...(bias !== undefined && { bias: bias as boolean }),
  };
}

/** Without odd terms a polynomial is even: as in PyTorch, a polynomial of degree d has ⌊d/2⌋ + 1 even terms. */
function polynomial({ coefficients, bound, outside }: Description, dtype: FloatDType): Module {
  const terms = coefficients as number[];
  const even = Math.ceil(terms.length / 2);
  return new Polynomial(
    { basis: 'even-odd', even: terms.slice(0, even), odd: terms.slice(even) },
    { bound: bound as number, outside: outside as 'polynomial' | 'tangent', learnable: true, dtype },
  );
}

const layers: Readonly<Record<string, (layer: Description, dtype: FloatDType) => Module>> = {
  Linear: ({ inFeatures, outFeatures, bias = true }, dtype) =>
    new Linear(inFeatures as number, outFeatures as number, { bias: bias as boolean, dtype }),
  Conv1d: (layer, dtype) => {
    const { inChannels, outChannels, kernelSize } = layer as Numbers;
    return new Conv1d(inChannels!, outChannels!, kernelSize!, convolutionOptions(layer, dtype));
  },
  Conv2d: (layer, dtype) => {
    const { inChannels, outChannels, kernelSize } = layer as Numbers;
    return new Conv2d(inChannels!, outChannels!, kernelSize!, convolutionOptions(layer, dtype));
  },
  BatchNorm1d: ({ features }, dtype) => new BatchNorm1d(features as number, { dtype }),
  BatchNorm2d: ({ features }, dtype) => new BatchNorm2d(features as number, { dtype }),
  AvgPool2d: ({ kernelSize }) => new AvgPool2d(kernelSize as number),
  MaxPool1d: ({ kernelSize }) => new MaxPool1d(kernelSize as number),
  MaxPool2d: ({ kernelSize }) => new MaxPool2d(kernelSize as number),
  GlobalAvgPool2d: () => new GlobalAvgPool(),
  Flatten: () => new Flatten(),
  Dropout: ({ probability }) => new Dropout(probability as number),
  ReLU: () => new ReLU(),
  GELU: () => new GELU(),
  SiLU: () => new SiLU(),
  Tanh: () => new Tanh(),
  Sigmoid: () => new Sigmoid(),
  PolynomialActivation: polynomial,
  Residual: ({ body, shortcut }, dtype) =>
    new Residual(sequence(body as Description[], dtype), sequence(shortcut as Description[], dtype)),
};

function sequence(descriptions: readonly Description[], dtype: FloatDType): Sequential {
  return new Sequential(
    ...descriptions.map((layer) => {
      const make = layers[layer.type as string];
      if (!make) throw new Error(`no layer '${layer.type}'`);
      return make(layer, dtype);
    }),
  );
}

/** Output and loss of the network, with the boundary penalty of all its activations where the case has one. */
function evaluate(network: Module, { x, target }: Tensors, { attributes }: GoldenCase): Record<string, Tensor> {
  const penalty = attributes.penalty as PenaltyDescription | undefined;
  const penalties: Tensor[] = [];
  const removals = [...network.namedModules()].map(([, module]) =>
    module.addForwardHook((_, [input]) => {
      if (!penalty || !(module instanceof Polynomial)) return;
      penalties.push(penaltyOf(input!, { form: 'exponential', limit: penalty.alpha * module.bound, cap: penalty.cap }));
    }),
  );
  const y = network.forward(x!);
  for (const remove of removals) remove();
  const loss = attributes.loss === 'mse' ? meanSquaredError(y, target!) : crossEntropy(y, target!);
  if (!penalty) return { y, loss };
  const sum = penalties.reduce((total, each) => total.add(each));
  return { y, loss: loss.add(sum.mul(penalty.lambda)), penalty: sum };
}

/** Some steps on one batch: the losses before each, and the norms before clipping where the case has them. */
function train(network: Module, given: Tensors, golden: GoldenCase): Tensors {
  const { steps, lr, betas, eps, weightDecay, maxNorm } = golden.attributes;
  // One group, since PyTorch clips and trains all parameters alike.
  using optimizer = new AdamW([{ name: 'parameters', parameters: network.parameters() }], {
    lr: lr as number,
    betas: betas as [number, number],
    epsilon: eps as number,
    weightDecay: weightDecay as number,
    ...(maxNorm !== undefined && { maxNorm: maxNorm as number }),
  });
  const losses: Tensor[] = [];
  const norms: Tensor[] = [];
  for (let step = 0; step < (steps as number); step++) {
    losses.push(
      scope(() => {
        optimizer.zeroGrad();
        const loss = evaluate(network, given, golden).loss!;
        loss.backward();
        return loss.detach();
      }),
    );
    optimizer.step();
    if (optimizer.lastNorm) norms.push(optimizer.lastNorm.clone());
  }
  return { losses: stack(losses), ...(norms.length > 0 && { norms: stack(norms) }) };
}

function compute(given: Tensors, golden: GoldenCase, dtype: FloatDType): Computed {
  const { layers: descriptions, mode, steps } = golden.attributes;
  const module = sequence(descriptions as Description[], dtype);
  loadGoldenState(module, golden, given);
  module.train(mode === 'train');
  const outputs = steps === undefined ? evaluate(module, given, golden) : train(module, given, golden);
  return { outputs, module };
}

const tolerances: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-12 },
  float32: { relative: 1e-5, scaled: 1e-5 },
};

/**
 * The gradient of a bias in front of BatchNorm is 0; what is computed is the rounding of terms of size 1 (with the boundary
 * penalty, of size 10).
 */
const roundingOfZero: Tolerances = {
  float64: { relative: 0, scaled: 0, absolute: 1e-14 },
  float32: { relative: 0, scaled: 0, absolute: 1e-6 },
};

/**
 * Adam divides a gradient by its size, and so makes steps of the rounding of zero: of up to lr·g/ε in float64 with
 * g = 1e-16, ε = 1e-8, lr = 1/64, of up to lr in float32, five times.
 */
const stepsOfRounding: Tolerances = {
  float64: { relative: 0, scaled: 0, absolute: 1e-9 },
  float32: { relative: 0, scaled: 0, absolute: 5 / 64 },
};

function tolerancesOf({ attributes, outputs }: GoldenCase, order: number, name: string): Tolerances {
  const [first, second] = attributes.layers as readonly Description[];
  const isVain = first!.bias !== false && String(second!.type).startsWith('BatchNorm');
  if (!isVain) return tolerances;
  if (name === '0.bias' && order > 0) return roundingOfZero;
  if (outputs.losses && ['0.bias', '1.runningMean'].includes(name)) return stepsOfRounding;
  return tolerances;
}

compareWithGolden('layers', { Sequential: compute }, tolerancesOf);
