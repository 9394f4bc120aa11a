import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  multiMarginLoss,
  pairwiseDistance,
  softMarginLoss,
  tripletMarginLoss,
} from '@pnn/nn';
import { compareWithGolden } from './compare.js';
import type { GoldenCase } from './load.js';
import { lossTolerances, reductionOf } from './loss-attributes.js';

const withMargin = (golden: GoldenCase) => ({ ...reductionOf(golden), margin: golden.attributes.margin as number });

compareWithGolden(
  'margins',
  {
    hingeEmbedding: ({ x, target }, golden) => hingeEmbeddingLoss(x!, target!, withMargin(golden)),
    marginRanking: ({ x1, x2, target }, golden) => marginRankingLoss(x1!, x2!, target!, withMargin(golden)),
    multiMargin: ({ x, target, weight }, golden) =>
      multiMarginLoss(x!, target!, {
        ...withMargin(golden),
        p: golden.attributes.p as 1 | 2,
        ...(weight && { weight }),
      }),
    softMargin: ({ x, target }, golden) => softMarginLoss(x!, target!, reductionOf(golden)),
    cosineEmbedding: ({ x1, x2, target }, golden) => cosineEmbeddingLoss(x1!, x2!, target!, withMargin(golden)),
    tripletMargin: ({ anchor, positive, negative }, golden) =>
      tripletMarginLoss(anchor!, positive!, negative!, {
        ...withMargin(golden),
        p: golden.attributes.p as number,
        swap: golden.attributes.swap as boolean,
      }),
    pairwiseDistance: ({ a, b }, golden) => pairwiseDistance(a!, b!, { p: golden.attributes.p as number }),
  },
  () => lossTolerances,
);
