import type { LossReduction } from '@pnn/nn';
import type { Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

/** What the losses of every family are held to: a few roundings of sums of logarithms. */
export const lossTolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-14 },
  float32: { relative: 3e-6, scaled: 1e-6 },
};

/** The option of a case. */
export const reductionOf = ({ attributes }: GoldenCase) => ({ reduction: attributes.reduction as LossReduction });
