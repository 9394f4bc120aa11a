import {
  LayerNorm,
  MultiheadAttention,
  scaledDotProductAttention,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '@pnn/nn';
import type { FloatDType } from '@pnn/tensor';
import { compareWithGolden, type Tensors, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';
import { loadGoldenState } from './modules.js';

const tolerances: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-12 },
  float32: { relative: 1e-5, scaled: 1e-5 },
};

/** The gradient of a bias of keys is 0: what is computed is the rounding of terms of size 1. */
const roundingOfZero: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-12, absolute: 1e-14 },
  float32: { relative: 1e-5, scaled: 1e-5, absolute: 3e-6 },
};

function masksOf({ attentionMask, keyPaddingMask }: Tensors) {
  return { ...(attentionMask && { attentionMask }), ...(keyPaddingMask && { keyPaddingMask }) };
}

function layerOptions({ attributes }: GoldenCase, dtype: FloatDType) {
  return {
    dimFeedforward: 5,
    dropout: 0,
    activation: attributes.activation as 'relu' | 'gelu',
    normFirst: attributes.normFirst as boolean,
    batchFirst: attributes.batchFirst as boolean,
    dtype,
  };
}

const stacked = (dtype: FloatDType) => ({ dimFeedforward: 3, dropout: 0, batchFirst: true, dtype });

compareWithGolden(
  'attention',
  {
    scaledDotProductAttention: ({ query, key, value, mask }, { attributes }) =>
      scaledDotProductAttention(query!, key!, value!, {
        ...(mask && { attentionMask: mask }),
        causal: attributes.causal === true,
      }),
    MultiheadAttention: (given, golden, dtype) => {
      const { batchFirst, bias, kdim, vdim } = golden.attributes;
      const module = new MultiheadAttention(4, 2, {
        batchFirst: batchFirst as boolean,
        bias: bias as boolean,
        kdim: kdim as number,
        vdim: vdim as number,
        dtype,
      });
      loadGoldenState(module, golden, given);
      const { output, weights } = module.attend(given.query!, given.key, given.value, masksOf(given));
      return { outputs: { y: output, weights }, module };
    },
    TransformerEncoderLayer: (given, golden, dtype) => {
      const module = new TransformerEncoderLayer(4, 2, layerOptions(golden, dtype));
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x!) }, module };
    },
    TransformerDecoderLayer: (given, golden, dtype) => {
      const module = new TransformerDecoderLayer(4, 2, layerOptions(golden, dtype));
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x!, given.memory!) }, module };
    },
    TransformerEncoder: (given, golden, dtype) => {
      const layer = () => new TransformerEncoderLayer(4, 2, stacked(dtype));
      const module = new TransformerEncoder(layer, 2, new LayerNorm(4, { dtype }));
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x!, given.attentionMask!) }, module };
    },
    TransformerDecoder: (given, golden, dtype) => {
      const layer = () => new TransformerDecoderLayer(4, 2, stacked(dtype));
      const module = new TransformerDecoder(layer, 2, new LayerNorm(4, { dtype }));
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x!, given.memory!) }, module };
    },
  },
  (_, __, name) => (name.endsWith('inProjBias') ? roundingOfZero : tolerances),
);
