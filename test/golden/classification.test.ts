import { crossEntropy, negativeLogLikelihood } from '@pnn/nn';
import { compareWithGolden, type Tensors } from './compare.js';
import type { GoldenCase } from './load.js';
import { lossTolerances, reductionOf } from './loss-attributes.js';

function optionsOf({ weight }: Tensors, golden: GoldenCase) {
  const { ignoreIndex, labelSmoothing } = golden.attributes;
  return {
    ...reductionOf(golden),
    ...(weight && { weight }),
    ...(ignoreIndex !== undefined && { ignoreIndex: ignoreIndex as number }),
    ...(labelSmoothing !== undefined && { labelSmoothing: labelSmoothing as number }),
  };
}

compareWithGolden(
  'classification',
  {
    crossEntropy: (given, golden) => crossEntropy(given.x!, given.target!, optionsOf(given, golden)),
    nll: (given, golden) => negativeLogLikelihood(given.x!, given.target!, optionsOf(given, golden)),
  },
  () => lossTolerances,
);
