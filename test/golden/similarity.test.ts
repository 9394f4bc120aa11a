import { binaryCrossEntropyWithLogits, cosineSimilarity, normalize } from '@pnn/nn';
import { compareWithGolden } from './compare.js';
import { lossTolerances, reductionOf } from './loss-attributes.js';

compareWithGolden(
  'similarity',
  {
    normalize: ({ x }, { attributes }) => normalize(x!, attributes as { p: number; axis: number }),
    cosineSimilarity: ({ a, b }, { attributes }) => cosineSimilarity(a!, b!, attributes as { axis: number }),
    bceWithLogits: ({ x, target, posWeight }, golden) =>
      binaryCrossEntropyWithLogits(x!, target!, { ...reductionOf(golden), posWeight: posWeight! }),
  },
  () => lossTolerances,
);
