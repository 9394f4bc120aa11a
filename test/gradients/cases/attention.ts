import {
  LayerNorm,
  MultiheadAttention,
  scaledDotProductAttention,
  Tanh,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '@pnn/nn';
import type { Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCases } from '../gradient-case.js';
import { type LayerOptions, layerCases } from '../layer-case.js';
import { quarters } from '../points.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const numbers = quarters(-1, 1);
const inputs = (...shape: number[]): fc.Arbitrary<Table> => tablesOf(shape, numbers);
const truths = (...shape: number[]): fc.Arbitrary<Table> => tablesOf(shape, fc.nat(1));

const layerOptions = { dimFeedforward: 2, dropout: 0, epsilon: 0.5 };

/** Attention and what is built of it, by the names of functions and classes. */
export const attentionCases: GradientCases = {
  scaledDotProductAttention: fc
    .tuple(fc.array(upTo(2), { maxLength: 1 }), upTo(3), upTo(3), upTo(2), fc.boolean(), fc.boolean())
    .chain(([leading, queries, keys, width, causal, masked]) =>
      fc
        .tuple(
          inputs(...leading, queries, width),
          inputs(...leading, keys, width),
          inputs(...leading, keys, 2),
          truths(queries, keys),
        )
        .map(([query, key, value, mask]) => ({
          inputs: [query, key, value],
          f: (q: Tensor, k: Tensor, v: Tensor) =>
            scaledDotProductAttention(q, k, v, {
              causal,
              ...(masked && { attentionMask: tensorOf(mask, 'float32').cast('bool') }),
            }),
        })),
    ),
  MultiheadAttention: layerCases(
    fc
      .tuple(upTo(2), upTo(2), upTo(2), fc.boolean(), fc.boolean(), fc.boolean())
      .chain(([samples, length, heads, batchFirst, bias, causal]) =>
        inputs(...(batchFirst ? [samples, length] : [length, samples]), 2).map((x) => ({
          make: (options: LayerOptions) => new MultiheadAttention(2, heads, { batchFirst, bias, ...options }),
          inputs: [x],
          apply: (layer: MultiheadAttention, y: Tensor) => layer.forward(y, y, y, { causal }),
          numbers,
        })),
      ),
  ),
  TransformerEncoderLayer: layerCases(
    fc.tuple(inputs(2, 1, 2), fc.boolean()).map(([x, normFirst]) => ({
      make: (options: LayerOptions) =>
        new TransformerEncoderLayer(2, 1, { ...layerOptions, normFirst, activation: new Tanh(), ...options }),
      inputs: [x],
      numbers,
    })),
  ),
  TransformerDecoderLayer: layerCases(
    fc.tuple(inputs(2, 1, 2), inputs(2, 1, 2), fc.boolean()).map(([x, memory, normFirst]) => ({
      make: (options: LayerOptions) =>
        new TransformerDecoderLayer(2, 1, { ...layerOptions, normFirst, activation: 'gelu', ...options }),
      inputs: [x, memory],
      numbers,
    })),
  ),
  TransformerEncoder: layerCases(
    inputs(1, 2, 2).map((x) => ({
      make: (options: LayerOptions) =>
        new TransformerEncoder(
          () =>
            new TransformerEncoderLayer(2, 1, { ...layerOptions, batchFirst: true, activation: 'gelu', ...options }),
          1,
          new LayerNorm(2, { epsilon: 0.5, ...options }),
        ),
      inputs: [x],
      numbers,
    })),
  ),
  TransformerDecoder: layerCases(
    fc.tuple(inputs(1, 2, 2), inputs(1, 1, 2)).map(([x, memory]) => ({
      make: (options: LayerOptions) =>
        new TransformerDecoder(
          () =>
            new TransformerDecoderLayer(2, 1, { ...layerOptions, batchFirst: true, activation: 'gelu', ...options }),
          1,
        ),
      inputs: [x, memory],
      numbers,
    })),
  ),
};
