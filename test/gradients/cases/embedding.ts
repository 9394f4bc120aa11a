import {
  Bilinear,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  Embedding,
  Flatten,
  Generator,
  Identity,
  type Module,
  Unflatten,
} from '@pnn/nn';
import type { FloatDType } from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { type LayerOptions, layerCases } from '../layer-case.js';
import { quarters } from '../points.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const inputs = (shape: readonly number[]) => tablesOf(shape, quarters(-2, 2));

/** The same mask for every evaluation of the function. */
function dropout(make: (generator: Generator) => Module, shape: readonly number[]): fc.Arbitrary<GradientCase> {
  return layerCases(
    fc.tuple(inputs(shape), fc.nat(100)).map(([x, seed]) => ({ make: () => make(new Generator(seed)), inputs: [x] })),
  );
}

/** Layers that pick, drop and arrange features, by the names of their classes. */
export const embeddingCases: GradientCases = {
  Embedding: fc
    // Not with padding: its row is used, and has no gradient on purpose.
    .tuple(upTo(3), upTo(3), fc.array(upTo(2), { maxLength: 2 }))
    .chain(([rows, dimension, shape]) =>
      fc.tuple(inputs([rows, dimension]), tablesOf(shape, fc.nat(rows - 1))).map(([weight, indices]) => ({
        inputs: [weight],
        f: (table) => {
          const layer = new Embedding(rows, dimension, { dtype: table!.dtype as FloatDType });
          layer.dispose();
          Reflect.set(layer, 'weight', table);
          return layer.forward(tensorOf(indices, 'int32'));
        },
      })),
    ),
  Bilinear: layerCases(
    fc
      .tuple(fc.array(upTo(2), { maxLength: 1 }), upTo(2), upTo(2), upTo(2), fc.boolean())
      .chain(([leading, first, second, outputs, bias]) =>
        fc.tuple(inputs([...leading, first]), inputs([...leading, second])).map((tables) => ({
          make: (options: LayerOptions) => new Bilinear(first, second, outputs, { bias, ...options }),
          inputs: tables,
        })),
      ),
  ),
  Identity: layerCases(inputs([2, 3]).map((x) => ({ make: () => new Identity(), inputs: [x] }))),
  Flatten: layerCases(inputs([2, 1, 2, 2]).map((x) => ({ make: () => new Flatten(1, 2), inputs: [x] }))),
  Unflatten: layerCases(inputs([2, 6]).map((x) => ({ make: () => new Unflatten(1, [3, -1]), inputs: [x] }))),
  Dropout1d: dropout((generator) => new Dropout1d(0.4, generator), [2, 3, 2]),
  Dropout2d: dropout((generator) => new Dropout2d(0.4, generator), [2, 3, 1, 2]),
  Dropout3d: dropout((generator) => new Dropout3d(0.4, generator), [1, 3, 1, 2, 2]),
};
