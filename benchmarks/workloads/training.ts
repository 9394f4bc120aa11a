import { fitPolynomial } from '@pnn/pnn';
import type { Layer, StepWork } from '../work.js';
import type { Workload } from '../workload.js';
import { stepPasses } from './passes.js';

const DEGREE = 4;
const BOUND = 10;
const CLASSES = 10;

const polynomial: Layer = { layer: 'polynomial' };

function convolution(inputs: number, outputs: number, kernel = 3, stride = 1): readonly Layer[] {
  return [
    { layer: 'convolution', inputs, outputs, kernel, stride },
    { layer: 'batch norm', channels: outputs, images: true },
  ];
}

function mlp(widths: readonly number[]): readonly Layer[] {
  const hidden = widths
    .slice(1)
    .flatMap((outputs, i): readonly Layer[] => [
      { layer: 'linear', inputs: widths[i]!, outputs },
      { layer: 'batch norm', channels: outputs, images: false },
      polynomial,
    ]);
  return [...hidden, { layer: 'linear', inputs: widths.at(-1)!, outputs: CLASSES }];
}

const smallCnn: readonly Layer[] = [
  ...convolution(1, 16),
  polynomial,
  { layer: 'average pool' },
  ...convolution(16, 32),
  polynomial,
  { layer: 'average pool' },
  { layer: 'flatten' },
  { layer: 'linear', inputs: 32 * 7 * 7, outputs: CLASSES },
];

function basicBlock(inputs: number, outputs: number): readonly Layer[] {
  const stride = inputs === outputs ? 1 : 2;
  const body = [...convolution(inputs, outputs, 3, stride), polynomial, ...convolution(outputs, outputs)];
  const shortcut = stride === 1 ? [] : convolution(inputs, outputs, 1, stride);
  return [{ layer: 'residual', body, shortcut }, polynomial];
}

/** Three stages of three blocks (He et al., arXiv 1512.03385), with projections where the image is halved. */
const resnet20: readonly Layer[] = [
  ...convolution(3, 16),
  polynomial,
  ...[16, 32, 64].flatMap((width) => [
    ...basicBlock(Math.max(16, width / 2), width),
    ...basicBlock(width, width),
    ...basicBlock(width, width),
  ]),
  { layer: 'global average pool' },
  { layer: 'linear', inputs: 64, outputs: CLASSES },
];

function step(name: string, batch: number, input: readonly number[], layers: readonly Layer[]): Workload {
  const fit = fitPolynomial('relu', { degree: DEGREE, bound: BOUND });
  const { even, odd } = fit.evenOdd();
  const work: StepWork = {
    kind: 'training step',
    batch,
    input,
    classes: CLASSES,
    layers,
    bound: BOUND,
    evenTerms: even.length,
    evenOdd: [...even, ...odd],
    powers: [...fit.monomial()],
  };
  return { name: `training step/${name}`, work, passes: stepPasses(work) };
}

/** Whole steps of training with polynomials of degree 4. */
export const trainingWorkloads: readonly Workload[] = [
  step('MLP 784-512-256-10 batch 128', 128, [784], mlp([784, 512, 256])),
  step('CNN 16-32 on 28x28 batch 64', 64, [1, 28, 28], smallCnn),
  step('ResNet-20 on 32x32 batch 32', 32, [3, 32, 32], resnet20),
];
