import {
  gaussianNegativeLogLikelihood,
  huberLoss,
  klDivergence,
  l1Loss,
  poissonNegativeLogLikelihood,
  smoothL1Loss,
} from '@pnn/nn';
import { compareWithGolden } from './compare.js';
import { lossTolerances, reductionOf } from './loss-attributes.js';

compareWithGolden(
  'regression',
  {
    l1: ({ x, target }, golden) => l1Loss(x!, target!, reductionOf(golden)),
    huber: ({ x, target }, golden) =>
      huberLoss(x!, target!, { ...reductionOf(golden), delta: golden.attributes.delta as number }),
    smoothL1: ({ x, target }, golden) =>
      smoothL1Loss(x!, target!, { ...reductionOf(golden), beta: golden.attributes.beta as number }),
    klDivergence: ({ x, target }, { attributes }) =>
      klDivergence(x!, target!, {
        reduction: attributes.reduction as 'mean' | 'sum' | 'none' | 'batchMean',
        logTarget: attributes.logTarget as boolean,
      }),
    gaussianNll: ({ x, target, variance }, golden) =>
      gaussianNegativeLogLikelihood(x!, target!, variance!, {
        ...reductionOf(golden),
        full: golden.attributes.full as boolean,
        epsilon: (golden.attributes.eps ?? 1e-6) as number,
      }),
    poissonNll: ({ x, target }, golden) =>
      poissonNegativeLogLikelihood(x!, target!, {
        ...reductionOf(golden),
        logInput: golden.attributes.logInput as boolean,
        full: golden.attributes.full as boolean,
      }),
  },
  () => lossTolerances,
);
