import { noGrad } from '@pnn/autograd';
import { euclideanNorm, full, scope, type Tensor, updateInPlace, zeros } from '@pnn/tensor';
import { groupsOf, type ParametersOrGroups } from './optimizers/parameter-groups.js';
import { checkOption } from './options.js';
import type { Parameter } from './parameter.js';

/** Keeps the factor finite where the norm is 0; the value that PyTorch has. */
const EPSILON = 1e-6;

/** Which norm clipping measures. */
export interface GradientNormOptions {
  /** p of (Σ |g|^p)^(1/p): 1; 2; Infinity for the largest |g|; any other p above 0. @default 2 */
  readonly norm?: number;
}

function powerSum(gradient: Tensor, p: number): Tensor {
  const magnitudes = gradient.abs();
  if (p === Number.POSITIVE_INFINITY) return magnitudes.max();
  return (p === 1 ? magnitudes : magnitudes.pow(p)).sum();
}

/** The Euclidean norm, in one pass over all gradients of a type. */
function euclideanNormOf(gradients: readonly Tensor[], like: Tensor): Tensor {
  const parts = [...new Set(gradients.map(({ dtype }) => dtype))].map((dtype) => {
    const same = gradients.filter((gradient) => gradient.dtype === dtype);
    return euclideanNorm(same).cast(like.dtype);
  });
  if (parts.length < 2) return parts[0] ?? zeros([], like);
  return parts
    .map((part) => part.square())
    .reduce((sum, part) => sum.add(part))
    .sqrt();
}

function normOf(gradients: readonly Tensor[], p: number, like: Tensor): Tensor {
  if (p === 2) return euclideanNormOf(gradients, like);
  let total = zeros([], like);
  for (const gradient of gradients) {
    if (gradient.size === 0) continue;
    const part = powerSum(gradient, p).cast(total.dtype);
    total = p === Number.POSITIVE_INFINITY ? total.maximum(part) : total.add(part);
  }
  if (p === 1 || p === Number.POSITIVE_INFINITY) return total;
  return total.pow(1 / p);
}

/**
 * Scales the gradients in place by min(1, maxNorm / (norm + 1e-6)), where `norm` is that of all of them taken as one
 * vector. Groups with `clipped: false` are selected out: they neither count in the norm nor change. The factor is
 * computed where the gradients are, so that nothing waits for them.
 *
 * Where a gradient is not finite, the norm is not either, and the gradients are spoilt by the factor (NaN, or 0 where
 * the norm overflowed to Infinity): look at the norm before using them, where that can happen.
 *
 * Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks" (arXiv 1211.5063),
 * algorithm 1; the factor is that of PyTorch's `clip_grad_norm_`.
 *
 * @param maxNorm above 0; Infinity only measures
 * @returns the norm before clipping, a scalar of the type of the first parameter; 0 where there are no gradients
 * @throws ArgumentError where there are no parameters, one occurs twice, or maxNorm or the norm is out of range
 */
export function clipGradientNorm(
  parameters: ParametersOrGroups,
  maxNorm: number,
  { norm: p = 2 }: GradientNormOptions = {},
): Tensor {
  const groups = groupsOf('clipGradientNorm', parameters);
  checkOption(maxNorm > 0, 'clipGradientNorm', 'maxNorm', 'a number above 0', maxNorm);
  checkOption(p > 0, 'clipGradientNorm', 'norm', '2, 1, Infinity or another number above 0', p);
  const clipped = clippedIn(groups);
  const like = groups.find((group) => group.parameters.length > 0)!.parameters[0]!;
  return noGrad(() =>
    scope(() => {
      const norm = normOf(
        clipped.flatMap(({ grad }) => grad ?? []),
        p,
        like,
      );
      if (maxNorm === Number.POSITIVE_INFINITY) return norm;
      const factor = full([], maxNorm, norm).div(norm.add(EPSILON)).minimum(1);
      for (const { grad: gradient } of clipped) {
        if (!gradient) continue;
        updateInPlace(gradient, (kernels) => kernels.scale(gradient, factor.cast(gradient.dtype)));
      }
      return norm;
    }),
  );
}

/**
 * Limits every element of the gradients to [−maxValue, maxValue] in place; NaN stays NaN. Groups with `clipped: false`
 * do not change.
 *
 * @param maxValue above 0
 * @throws ArgumentError where there are no parameters, one occurs twice, or maxValue is out of range
 */
export function clipGradientValue(parameters: ParametersOrGroups, maxValue: number): void {
  const groups = groupsOf('clipGradientValue', parameters);
  checkOption(maxValue > 0, 'clipGradientValue', 'maxValue', 'a number above 0', maxValue);
  noGrad(() => {
    for (const { grad: gradient } of clippedIn(groups)) {
      if (gradient) scope(() => gradient.assign(gradient.maximum(-maxValue).minimum(maxValue)));
    }
  });
}

function clippedIn(groups: ReturnType<typeof groupsOf>): Parameter[] {
  return groups.flatMap(({ clipped, parameters }) => (clipped === false ? [] : parameters));
}
