import {
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  LocalResponseNorm,
  type Module,
  RMSNorm,
} from '@pnn/nn';
import type { FloatDType } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import { loadGoldenState } from './modules.js';

interface Attributes {
  readonly normalizedShape: number[];
  readonly channels: number;
  readonly groups: number;
  readonly size: number;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  readonly eps: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

const layer =
  (make: (attributes: Attributes, dtype: FloatDType) => Module): Computation =>
  (given, golden, dtype) => {
    const module = make(golden.attributes as unknown as Attributes, dtype);
    loadGoldenState(module, golden, given);
    module.train(golden.attributes.mode === 'train');
    return { outputs: { y: module.forward(given.x!) }, module };
  };

const instanceNorm = (InstanceNorm: typeof InstanceNorm1d | typeof InstanceNorm2d | typeof InstanceNorm3d) =>
  layer(
    ({ channels, affine, trackRunningStats }, dtype) =>
      new InstanceNorm(channels, { affine, trackRunningStatistics: trackRunningStats, dtype }),
  );

const tolerances: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-12 },
  float32: { relative: 1e-5, scaled: 1e-5 },
};

/** Around 4096, the mean is rounded to 2e-4 in float32, and so are the distances from it. */
const farFromZero: Tolerances = {
  float64: { relative: 1e-10, scaled: 1e-10 },
  float32: { relative: 5e-4, scaled: 5e-4 },
};

compareWithGolden(
  'norms',
  {
    LayerNorm: layer(
      ({ normalizedShape, affine, eps }, dtype) => new LayerNorm(normalizedShape, { affine, epsilon: eps, dtype }),
    ),
    RMSNorm: layer(({ normalizedShape, eps }, dtype) => new RMSNorm(normalizedShape, { epsilon: eps, dtype })),
    GroupNorm: layer(({ groups, channels, affine }, dtype) => new GroupNorm(groups, channels, { affine, dtype })),
    InstanceNorm1d: instanceNorm(InstanceNorm1d),
    InstanceNorm2d: instanceNorm(InstanceNorm2d),
    InstanceNorm3d: instanceNorm(InstanceNorm3d),
    LocalResponseNorm: layer(({ size, alpha, beta, k }) => new LocalResponseNorm(size, { alpha, beta, k })),
    BatchNorm3d: layer(({ channels }, dtype) => new BatchNorm3d(channels, { dtype })),
  },
  ({ name }) => (name.includes('far from zero') ? farFromZero : tolerances),
);
