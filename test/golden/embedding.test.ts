import { Bilinear, Embedding } from '@pnn/nn';
import { compareWithGolden, type Tolerances } from './compare.js';
import { loadGoldenState } from './modules.js';

const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-14 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

compareWithGolden(
  'embedding',
  {
    Embedding: (given, golden, dtype) => {
      const { numEmbeddings, embeddingDim, paddingIdx } = golden.attributes;
      const module = new Embedding(numEmbeddings as number, embeddingDim as number, {
        ...(paddingIdx !== null && { paddingIdx: paddingIdx as number }),
        dtype,
      });
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x!) }, module };
    },
    Bilinear: (given, golden, dtype) => {
      const { in1Features, in2Features, outFeatures, bias } = golden.attributes;
      const module = new Bilinear(in1Features as number, in2Features as number, outFeatures as number, {
        bias: bias as boolean,
        dtype,
      });
      loadGoldenState(module, golden, given);
      return { outputs: { y: module.forward(given.x1!, given.x2!) }, module };
    },
  },
  () => tolerances,
);
