import type { ConvolutionWork, Direction } from '../work.js';
import type { Workload } from '../workload.js';
import {
  adamPass,
  batchNormBackwardPasses,
  batchNormForwardPasses,
  type ConvolutionSizes,
  convolutionPass,
  matmulPass,
  outputSize,
} from './passes.js';

const DIRECTIONS: readonly Direction[] = ['forward', 'forward and backward'];

/** Products of two square matrices. */
export const matmulWorkloads: readonly Workload[] = [128, 256, 512, 1024, 2048].map((size) => ({
  name: `matmul/${size}`,
  work: { kind: 'matmul', size },
  passes: [matmulPass(size, size, size)],
}));

function convolutionWorkload(group: string, sizes: ConvolutionSizes, direction: Direction): Workload {
  const work: ConvolutionWork = { kind: 'convolution', ...sizes, direction };
  const { batch, inChannels, outChannels, size, kernel, stride } = sizes;
  const shapes = `${batch}x${inChannels}x${size}x${size} to ${outChannels}x${outputSize(sizes)}x${outputSize(sizes)}`;
  const pass = convolutionPass(sizes);
  return {
    name: `convolution/${group}/${kernel}x${kernel} stride ${stride}/${shapes}/${direction}`,
    work,
    passes: direction === 'forward' ? [pass] : [pass, pass, pass],
  };
}

function convolutions(group: string, all: readonly ConvolutionSizes[]): readonly Workload[] {
  return all.flatMap((sizes) => DIRECTIONS.map((direction) => convolutionWorkload(group, sizes, direction)));
}

/** A convolution to `widening` times as many channels. */
function layer(
  batch: number,
  inChannels: number,
  size: number,
  kernel = 3,
  stride = 1,
  widening = 1,
): ConvolutionSizes {
  return { batch, inChannels, outChannels: widening * inChannels, size, kernel, stride };
}

/** Kernels and strides at one size; the layers of ResNet-20 and ResNet-18 for 32×32 images (arXiv 1512.03385). */
export const convolutionWorkloads: readonly Workload[] = [
  ...convolutions(
    'kernels',
    [1, 3, 5].flatMap((kernel) => [1, 2].map((stride) => layer(32, 64, 32, kernel, stride))),
  ),
  ...convolutions('ResNet-20', [
    { ...layer(128, 3, 32), outChannels: 16 },
    layer(128, 16, 32),
    layer(128, 16, 32, 3, 2, 2),
    layer(128, 16, 32, 1, 2, 2),
    layer(128, 32, 16),
    layer(128, 32, 16, 3, 2, 2),
    layer(128, 64, 8),
  ]),
  ...convolutions('ResNet-18', [
    layer(32, 64, 32),
    layer(32, 64, 32, 3, 2, 2),
    layer(32, 128, 16),
    layer(32, 128, 16, 3, 2, 2),
    layer(32, 256, 8),
    layer(32, 256, 8, 3, 2, 2),
    layer(32, 512, 4),
  ]).filter(({ name }) => !name.includes('32x64x32x32 to 64')),
];

const SHAPE = [64, 64, 32, 32] as const;
const ELEMENTS = SHAPE.reduce((product, length) => product * length, 1);

/** BatchNorm of planes in training. */
export const batchNormWorkloads: readonly Workload[] = DIRECTIONS.map((direction) => ({
  name: `batch norm/${SHAPE.join('x')}/${direction}`,
  work: { kind: 'batch norm', shape: SHAPE, direction },
  passes: [...batchNormForwardPasses(ELEMENTS), ...(direction === 'forward' ? [] : batchNormBackwardPasses(ELEMENTS))],
}));

const PARAMETERS = 2 ** 20;

/** One step of AdamW on 2^20 parameters. */
export const optimizerWorkloads: readonly Workload[] = [
  { name: `adamw/${PARAMETERS}`, work: { kind: 'adamw', count: PARAMETERS }, passes: [adamPass(PARAMETERS)] },
];
