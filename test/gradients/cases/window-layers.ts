import {
  AvgPool3d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  MaxPool3d,
  type Module,
  ReflectionPad2d,
  Sequential,
  Upsample,
} from '@pnn/nn';
import type { Shape } from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { type LayerOptions, layerCases } from '../layer-case.js';
import { distinct, quarters } from '../points.js';

type Make<Settings> = (settings: Settings) => {
  readonly shape: Shape;
  readonly make: (options: LayerOptions) => Module;
};

function layer<Settings>(
  settings: fc.Arbitrary<Settings>,
  make: Make<Settings>,
  inputs: (shape: Shape) => ReturnType<typeof tablesOf> = (shape) => tablesOf(shape, quarters(-2, 2)),
): fc.Arbitrary<GradientCase> {
  return layerCases(
    settings.chain((drawn) => {
      const { shape, make: build } = make(drawn);
      return inputs(shape).map((x) => ({ make: build, inputs: [x] }));
    }),
  );
}

const sizes = fc.record({
  groups: fc.integer({ min: 1, max: 2 }),
  stride: fc.integer({ min: 1, max: 2 }),
  bias: fc.boolean(),
});

/** Layers that move windows, or resize. */
export const windowLayerCases: GradientCases = {
  Conv2d: layer(
    fc.tuple(sizes, fc.constantFrom('zeros' as const, 'reflect' as const, 'circular' as const)),
    ([{ groups, ...rest }, paddingMode]) => ({
      shape: [1, groups, 3, 4],
      make: (options) =>
        new Conv2d(groups, 2 * groups, [2, 3], { ...rest, ...options, groups, paddingMode, padding: 'same' }),
    }),
  ),
  Conv3d: layer(sizes, ({ groups, ...rest }) => ({
    shape: [1, groups, 2, 3, 3],
    make: (options) => new Conv3d(groups, groups, [2, 2, 3], { ...rest, ...options, groups, padding: [1, 0, 1] }),
  })),
  ConvTranspose1d: layer(sizes, ({ groups, ...rest }) => ({
    shape: [2, groups, 3],
    make: (options) => new ConvTranspose1d(groups, 2 * groups, 3, { ...rest, ...options, groups, padding: 1 }),
  })),
  ConvTranspose2d: layer(sizes, ({ groups, stride, bias }) => ({
    shape: [1, groups, 2, 3],
    make: (options) =>
      new ConvTranspose2d(groups, 2 * groups, [2, 3], {
        ...options,
        bias,
        groups,
        stride: [stride, 2],
        outputPadding: [0, 1],
      }),
  })),
  ConvTranspose3d: layer(sizes, ({ groups, ...rest }) => ({
    shape: [1, groups, 2, 1, 2],
    make: (options) => new ConvTranspose3d(groups, groups, [2, 3, 1], { ...rest, ...options, groups }),
  })),
  'a network that goes down and up again': layer(fc.boolean(), (alignCorners) => ({
    shape: [1, 1, 3, 4],
    make: (options) =>
      new Sequential(
        new ReflectionPad2d([0, 1]),
        new Conv2d(1, 2, 2, { ...options, stride: 2 }),
        new Upsample({ scaleFactor: 2, mode: 'bilinear', alignCorners }),
        new ConvTranspose2d(2, 1, 2, { ...options }),
      ),
  })),
  AvgPool3d: layer(fc.boolean(), (countIncludePad) => ({
    shape: [1, 2, 3, 3, 2],
    make: () => new AvgPool3d(2, { padding: [1, 0, 1], ceilMode: true, countIncludePad }),
  })),
  MaxPool3d: layer(
    fc.boolean(),
    (ceilMode) => ({ shape: [1, 2, 3, 3, 2], make: () => new MaxPool3d(2, { padding: [1, 0, 0], ceilMode }) }),
    distinct,
  ),
};
