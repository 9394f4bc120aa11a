import { BatchNorm1d, BatchNorm2d } from '@pnn/nn';
import { stack, type Tensor } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';
import { loadGoldenState } from './modules.js';

const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** Around 4096, the mean that backward needs is rounded to 2e-4 in float32, and so are its distances to the inputs. */
const farFromZero: Tolerances = {
  float64: { relative: 1e-11, scaled: 1e-11 },
  float32: { relative: 5e-5, scaled: 5e-5 },
};

/** Of two values the larger becomes 1, the smaller −1, but for ε: the gradient is the difference of terms 10⁴ times larger. */
const ofTwoValues: Tolerances = {
  float64: { relative: 1e-11, scaled: 0 },
  float32: { relative: 1e-3, scaled: 0 },
};

function tolerancesOf({ name }: GoldenCase, order: number): Tolerances {
  if (name.endsWith('far from zero')) return farFromZero;
  return name === 'BatchNorm1d train [2, 1]' && order > 0 ? ofTwoValues : tolerances;
}

const batchNorm =
  (Layer: typeof BatchNorm1d | typeof BatchNorm2d): Computation =>
  (given, golden, dtype) => {
    const { features, eps, momentum, affine, trackRunningStats, mode } = golden.attributes;
    const module = new Layer(features as number, {
      epsilon: eps as number,
      momentum: momentum as number | null,
      affine: affine as boolean,
      trackRunningStatistics: trackRunningStats as boolean,
      dtype,
    });
    loadGoldenState(module, golden, given);
    module.train(mode === 'train');
    const x = given.x!;
    if (!golden.outputs.runningMeans) return { outputs: { y: module.forward(x) }, module };
    const outputs: Tensor[] = [];
    const means: Tensor[] = [];
    const variances: Tensor[] = [];
    for (let batch = 0; batch < x.shape[0]!; batch++) {
      outputs.push(module.forward(x.slice([batch])));
      means.push(module.runningMean!.clone());
      variances.push(module.runningVariance!.clone());
    }
    return { outputs: { y: stack(outputs), runningMeans: stack(means), runningVars: stack(variances) }, module };
  };

compareWithGolden(
  'normalization',
  { BatchNorm1d: batchNorm(BatchNorm1d), BatchNorm2d: batchNorm(BatchNorm2d) },
  tolerancesOf,
);
