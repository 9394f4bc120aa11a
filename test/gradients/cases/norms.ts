import {
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  LocalResponseNorm,
  RMSNorm,
} from '@pnn/nn';
import type { Shape } from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { type LayerOptions, type LayerPoint, layerCases } from '../layer-case.js';
import { quarters } from '../points.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const epsilon = fc.constantFrom(0.1, 1);

const inputs = (shape: Shape): fc.Arbitrary<Table> => tablesOf(shape, quarters(-3, 3));

function instanceNorm(
  InstanceNorm: typeof InstanceNorm1d | typeof InstanceNorm2d | typeof InstanceNorm3d,
  places: fc.Arbitrary<number[]>,
): fc.Arbitrary<GradientCase> {
  return layerCases(
    fc.tuple(upTo(2), upTo(2), places, fc.boolean(), fc.boolean(), epsilon).chain(
      ([samples, channels, lengths, affine, evaluated, added]): fc.Arbitrary<LayerPoint> =>
        inputs([samples, channels, ...lengths]).map((x) => ({
          make: (options: LayerOptions) =>
            new InstanceNorm(channels, {
              affine,
              epsilon: added,
              trackRunningStatistics: evaluated,
              ...options,
            }).train(!evaluated),
          inputs: [x],
        })),
    ),
  );
}

/** Normalizations by the names of their classes. */
export const normCases: GradientCases = {
  LayerNorm: layerCases(
    fc
      .tuple(
        fc.array(upTo(2), { maxLength: 1 }),
        fc.array(upTo(3), { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        epsilon,
      )
      .chain(([rows, normalized, affine, added]) =>
        inputs([...rows, ...normalized]).map((x) => ({
          make: (options: LayerOptions) => new LayerNorm(normalized, { affine, epsilon: added, ...options }),
          inputs: [x],
        })),
      ),
  ),
  RMSNorm: layerCases(
    fc
      .tuple(
        fc.array(upTo(2), { maxLength: 1 }),
        fc.array(upTo(3), { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        epsilon,
      )
      .chain(([rows, normalized, affine, added]) =>
        inputs([...rows, ...normalized]).map((x) => ({
          make: (options: LayerOptions) => new RMSNorm(normalized, { affine, epsilon: added, ...options }),
          inputs: [x],
        })),
      ),
  ),
  GroupNorm: layerCases(
    fc
      .tuple(
        upTo(2),
        upTo(2),
        fc.integer({ min: 2, max: 3 }),
        fc.array(upTo(2), { maxLength: 1 }),
        fc.boolean(),
        epsilon,
      )
      .chain(([samples, groups, channels, places, affine, added]) =>
        inputs([samples, groups * channels, ...places]).map((x) => ({
          make: (options: LayerOptions) =>
            new GroupNorm(groups, groups * channels, { affine, epsilon: added, ...options }),
          inputs: [x],
        })),
      ),
  ),
  InstanceNorm1d: instanceNorm(InstanceNorm1d, fc.tuple(fc.integer({ min: 2, max: 3 }))),
  InstanceNorm2d: instanceNorm(InstanceNorm2d, fc.tuple(upTo(2), fc.constant(2))),
  InstanceNorm3d: instanceNorm(InstanceNorm3d, fc.constant([1, 2, 1])),
  LocalResponseNorm: layerCases(
    fc
      .tuple(upTo(2), upTo(4), fc.array(upTo(2), { maxLength: 1 }), upTo(4))
      .chain(([samples, channels, places, size]) =>
        inputs([samples, channels, ...places]).map((x) => ({
          make: () => new LocalResponseNorm(size, { alpha: 0.5, beta: 0.75, k: 2 }),
          inputs: [x],
        })),
      ),
  ),
  BatchNorm3d: layerCases(
    fc.tuple(upTo(2), epsilon, fc.boolean()).chain(([channels, added, training]) =>
      inputs([2, channels, 1, 2, 1]).map((x) => ({
        make: (options: LayerOptions) => new BatchNorm3d(channels, { epsilon: added, ...options }).train(training),
        inputs: [x],
      })),
    ),
  ),
};
