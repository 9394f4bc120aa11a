import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  type LossReduction,
  meanSquaredError,
  negativeLogLikelihood,
} from '@pnn/nn';
import { type Computation, compareWithGolden, type Tensors, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-14 },
  float32: { relative: 3e-6, scaled: 1e-6 },
};

/** PyTorch's second derivative of `bce` takes p + 10⁻¹² for p, where the cases go down to p = 10⁻⁶. */
const secondDerivatives: Tolerances = {
  float64: { relative: 3e-6, scaled: 0 },
  float32: { relative: 6e-6, scaled: 1e-6 },
};

const reductionOf = ({ attributes }: GoldenCase) => ({ reduction: attributes.reduction as LossReduction });

/** [N,C,…] with labels [N,…] in PyTorch; ours takes samples [N,C] alone. */
function crossEntropyOfPlaces({ x, target }: Tensors, golden: GoldenCase) {
  const rank = x!.rank;
  const order = x!.shape.map((_, axis) => (axis === 0 ? 0 : axis === rank - 1 ? 1 : axis + 1));
  const losses = crossEntropy(x!.permute(order).reshape([-1, x!.shape[1]!]), target!.flatten(), {
    ...reductionOf(golden),
    labelSmoothing: golden.attributes.labelSmoothing as number,
  });
  return losses.rank === 0 ? losses : losses.reshape(target!.shape);
}

const elementwise =
  (loss: typeof meanSquaredError): Computation =>
  ({ x, target }, golden) =>
    loss(x!, target!, reductionOf(golden));

compareWithGolden(
  'losses',
  {
    crossEntropy: crossEntropyOfPlaces,
    nll: ({ x, target }, golden) => negativeLogLikelihood(x!, target!, reductionOf(golden)),
    mse: elementwise(meanSquaredError),
    bce: elementwise(binaryCrossEntropy),
    bceWithLogits: elementwise(binaryCrossEntropyWithLogits),
  },
  ({ subject }, order) => (subject === 'bce' && order === 2 ? secondDerivatives : tolerances),
);
