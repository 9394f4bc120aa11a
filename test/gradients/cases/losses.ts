import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  gaussianNegativeLogLikelihood,
  hingeEmbeddingLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  marginRankingLoss,
  meanSquaredError,
  multiMarginLoss,
  negativeLogLikelihood,
  pairwiseDistance,
  poissonNegativeLogLikelihood,
  smoothL1Loss,
  softMarginLoss,
  tripletMarginLoss,
} from '@pnn/nn';
import type { Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { quarters } from '../points.js';

const reduction = fc.constantFrom('mean' as const, 'sum' as const, 'none' as const);
const upTo = (max: number) => fc.integer({ min: 1, max });

/** Numbers whose differences from multiples of 1/4 are never 0: no kink lies there. */
const offGrid = quarters(-2, 2).map((x) => x + 0.1);
const probabilities = fc.constantFrom(0.05, 0.3, 0.5, 0.75, 0.95);

/** Two tables of one shape. */
function pairs(first: fc.Arbitrary<number>, second: fc.Arbitrary<number>, minRank = 0): fc.Arbitrary<[Table, Table]> {
  return fc
    .array(upTo(2), { minLength: minRank, maxLength: 2 })
    .chain((shape) => fc.tuple(tablesOf(shape, first), tablesOf(shape, second)));
}

function ofPairs<Options>(
  tables: fc.Arbitrary<[Table, Table]>,
  options: fc.Arbitrary<Options>,
  loss: (x: Tensor, target: Tensor, options: Options) => Tensor,
): fc.Arbitrary<GradientCase> {
  return fc.tuple(tables, options).map(([inputs, settings]) => ({ inputs, f: (x, y) => loss(x!, y!, settings) }));
}

const signs = fc.constantFrom(-1, 1);

/** A loss of which only the first input is differentiated: the second one decides between formulas. */
function withSigns<Options>(
  numbers: fc.Arbitrary<number>,
  options: fc.Arbitrary<Options>,
  loss: (x: Tensor, target: Tensor, options: Options) => Tensor,
): fc.Arbitrary<GradientCase> {
  return fc.tuple(pairs(numbers, signs), options).map(([[x, target], settings]) => ({
    inputs: [x],
    f: (input) => loss(input, tensorOf(target, input.dtype), settings),
  }));
}

/** Scores [N,C] or [N,C,P], labels and, where drawn, weights. */
function ofLabels(
  loss: (
    scores: Tensor,
    labels: Tensor,
    options: {
      reduction: 'mean' | 'sum' | 'none';
      weight?: Tensor;
      ignoreIndex?: number;
      labelSmoothing: number;
    },
  ) => Tensor,
  { maxPlaces = 1, ignoring = true } = {},
): fc.Arbitrary<GradientCase> {
  return fc.tuple(upTo(2), upTo(3), fc.array(upTo(2), { maxLength: maxPlaces })).chain(([samples, classes, places]) =>
    fc
      .record({
        scores: tablesOf([samples, classes, ...places], offGrid),
        labels: tablesOf([samples, ...places], fc.nat(classes - 1)),
        weight: fc.option(tablesOf([classes], quarters(1, 3))),
        ignored: ignoring ? fc.option(fc.constant(-100)) : fc.constant(null),
        labelSmoothing: fc.constantFrom(0, 0.1),
        reduction,
      })
      .map(({ scores, labels, weight, ignored, ...options }) => ({
        inputs: [scores],
        f: (x: Tensor) => {
          // One label always counts: a mean of nothing is not a number.
          const data = labels.data.map((label, i) => (ignored !== null && i % 2 === 1 ? ignored : label));
          return loss(x, tensorOf({ ...labels, data }, 'int32'), {
            ...options,
            ...(weight && { weight: tensorOf(weight, x.dtype) }),
            ...(ignored !== null && { ignoreIndex: ignored }),
          });
        },
      })),
  );
}

const ofProbabilities: fc.Arbitrary<GradientCase> = fc
  .tuple(upTo(2), upTo(3), fc.array(upTo(2), { maxLength: 1 }))
  .chain(([samples, classes, places]) =>
    fc.record({
      x: tablesOf([samples, classes, ...places], offGrid),
      target: tablesOf([samples, classes, ...places], probabilities),
      weight: fc.option(tablesOf([classes], quarters(1, 3))),
      labelSmoothing: fc.constantFrom(0, 0.1),
      reduction,
    }),
  )
  .map(({ x, target, weight, ...options }) => ({
    inputs: [x, target],
    f: (logits, wanted) =>
      crossEntropy(logits!, wanted!, { ...options, ...(weight && { weight: tensorOf(weight, logits!.dtype) }) }),
  }));

/** Vectors [N,3] in which no two differences of entries have one size, so that there is a single largest one. */
const vectors = (count: number): fc.Arbitrary<Table[]> =>
  upTo(2).chain((samples) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, i) =>
        tablesOf([samples, 3], quarters(-2, 2)).map(({ shape, data }) => ({
          shape,
          data: data.map((x, j) => x + 0.02 * (i + 1) ** 2 * ((j % 3) + 1)),
        })),
      ),
    ),
  );

/** Whether no two of the distances of any sample, nor any of them and the sums with the margin, are about equal. */
function isAwayFromEdges(p: number, margin: number, [a, b, c]: readonly Table[]): boolean {
  const samples = a!.shape[0]!;
  return Array.from({ length: samples }, (_, i) => {
    const entries = ({ data }: Table) => data.slice(3 * i, 3 * i + 3);
    const between = (x: Table, y: Table) =>
      entries(x).reduce((sum, value, j) => sum + Math.abs(value - entries(y)[j]!) ** p, 0) ** (1 / p);
    const [near, far, swapped] = [between(a!, b!), between(a!, c!), between(b!, c!)];
    return [far - swapped, near - far + margin, near - swapped + margin].every((gap) => Math.abs(gap) > 0.01);
  }).every(Boolean);
}

/** Losses and what they are made of, by the names of their functions. */
export const lossCases: GradientCases = {
  crossEntropy: fc.oneof(ofLabels(crossEntropy), ofProbabilities),
  negativeLogLikelihood: ofLabels(negativeLogLikelihood),
  multiMarginLoss: fc
    .constantFrom(1 as const, 2 as const)
    .chain((p) =>
      ofLabels(
        (x, labels, { reduction, weight }) =>
          multiMarginLoss(x, labels, { p, margin: 0.85, reduction, ...(weight && { weight }) }),
        { maxPlaces: 0, ignoring: false },
      ),
    ),
  meanSquaredError: ofPairs(pairs(quarters(-2, 2), quarters(-2, 2)), fc.record({ reduction }), meanSquaredError),
  l1Loss: ofPairs(pairs(offGrid, quarters(-2, 2)), fc.record({ reduction }), l1Loss),
  huberLoss: ofPairs(
    pairs(offGrid, quarters(-2, 2)),
    fc.record({ reduction, delta: fc.constantFrom(0.5, 1) }),
    huberLoss,
  ),
  smoothL1Loss: ofPairs(
    pairs(offGrid, quarters(-2, 2)),
    fc.record({ reduction, beta: fc.constantFrom(0, 0.5, 1) }),
    smoothL1Loss,
  ),
  klDivergence: fc.oneof(
    ofPairs(
      pairs(quarters(-3, 0), probabilities, 1),
      fc.constantFrom({}, { reduction: 'batchMean' as const }),
      klDivergence,
    ),
    ofPairs(
      pairs(quarters(-3, 0), quarters(-3, 0)),
      fc.record({ reduction, logTarget: fc.constant(true) }),
      klDivergence,
    ),
  ),
  gaussianNegativeLogLikelihood: fc
    .tuple(upTo(2), upTo(2), fc.boolean(), fc.boolean(), reduction)
    .chain(([rows, columns, shared, full, how]) =>
      fc
        .tuple(
          tablesOf([rows, columns], quarters(-2, 2)),
          tablesOf([rows, columns], quarters(-2, 2)),
          tablesOf([rows, shared ? 1 : columns], quarters(1, 3)),
        )
        .map((inputs) => ({
          inputs,
          f: (x: Tensor, y: Tensor, v: Tensor) => gaussianNegativeLogLikelihood(x, y, v, { full, reduction: how }),
        })),
    ),
  poissonNegativeLogLikelihood: fc.oneof(
    ofPairs(pairs(quarters(-2, 2), offGrid), fc.record({ reduction }), poissonNegativeLogLikelihood),
    ofPairs(
      pairs(
        quarters(1, 3),
        quarters(0, 4).map((x) => x + 0.1),
      ),
      fc.record({ reduction, logInput: fc.constant(false), full: fc.boolean() }),
      poissonNegativeLogLikelihood,
    ),
  ),
  hingeEmbeddingLoss: withSigns(offGrid, fc.record({ reduction }), hingeEmbeddingLoss),
  softMarginLoss: withSigns(offGrid, fc.record({ reduction }), softMarginLoss),
  marginRankingLoss: fc
    .tuple(pairs(offGrid, quarters(-2, 2)), fc.constantFrom(0, 0.5), reduction, fc.boolean())
    .map(([inputs, margin, how, first]) => ({
      inputs,
      f: (x1, x2) =>
        marginRankingLoss(
          x1!,
          x2!,
          x1!
            .detach()
            .mul(0)
            .add(first ? 1 : -1),
          { margin, reduction: how },
        ),
    })),
  cosineEmbeddingLoss: fc
    .tuple(vectors(2), signs, fc.constantFrom(0, 0.3), reduction)
    .map(([inputs, sign, margin, how]) => ({
      inputs,
      f: (x1, x2) => cosineEmbeddingLoss(x1!, x2!, x1!.detach().sum(-1).mul(0).add(sign), { margin, reduction: how }),
    })),
  tripletMarginLoss: fc
    .tuple(vectors(3), fc.constantFrom(1, 2, 3), fc.boolean(), reduction)
    .filter(([inputs, p]) => isAwayFromEdges(p, 1.37, inputs))
    .map(([inputs, p, swap, how]) => ({
      inputs,
      f: (a, b, c) => tripletMarginLoss(a!, b!, c!, { p, swap, margin: 1.37, reduction: how }),
    })),
  pairwiseDistance: fc
    .tuple(vectors(2), fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY))
    .map(([inputs, p]) => ({ inputs, f: (a, b) => pairwiseDistance(a!, b!, { p }) })),
  binaryCrossEntropy: ofPairs(pairs(probabilities, quarters(0, 1)), fc.record({ reduction }), binaryCrossEntropy),
  binaryCrossEntropyWithLogits: ofPairs(
    pairs(quarters(-3, 3), quarters(0, 1)),
    fc.record({ reduction }),
    binaryCrossEntropyWithLogits,
  ),
};
