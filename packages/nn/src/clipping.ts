import { noGrad } from '@pnn/autograd';
import { ArgumentError, euclideanNorm, full, scope, type Tensor, updateInPlace, zeros } from '@pnn/tensor';
import { checkOption } from './options.js';
import type { Parameter } from './parameter.js';
import { areGroups, groupsOf, type ParameterGroup, type ParametersOrGroups } from './parameter-groups.js';

/** Keeps the factor finite where the norm is 0; the value that PyTorch has. */
const EPSILON = 1e-6;

/** Which norm clipping measures. */
export interface GradientNormOptions {
  /**
   * p of (Σ |g|^p)^(1/p): 2, 1, Infinity for the largest |g|, or any other p above 0.
   *
   * @default 2
   */
  readonly norm?: number;
  /** The norm where it is known already, as `clipGradientNorm(parameters, Infinity)` gives it: it is not measured again. */
  readonly measured?: Tensor;
}

function powerSum(gradient: Tensor, p: number): Tensor {
  const magnitudes = gradient.abs();
  if (p === Number.POSITIVE_INFINITY) return magnitudes.max();
  return (p === 1 ? magnitudes : magnitudes.pow(p)).sum();
}

/**
 * The Euclidean norm of float tensors of any types taken as one vector, without overflow on the way; it is not finite if
 * an element is not. Gradients do not flow through it.
 *
 * @param like what the norm has the type of, and the device if there are no tensors
 * @returns a scalar; 0 if there are no tensors
 */
export function totalNorm(tensors: readonly Tensor[], like: Tensor): Tensor {
  return noGrad(() =>
    scope(() => {
      const parts = [...new Set(tensors.map(({ dtype }) => dtype))].map((dtype) =>
        euclideanNorm(tensors.filter((each) => each.dtype === dtype)).cast(like.dtype),
      );
      if (parts.length < 2) return parts[0] ?? zeros([], like);
      return euclideanNorm(parts);
    }),
  );
}

function normOf(gradients: readonly Tensor[], p: number, like: Tensor): Tensor {
  if (p === 2) return totalNorm(gradients, like);
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
 * vector. Groups with `clipped: false` neither count in the norm nor change; among those are γ and β of BatchNorm, in
 * a plain list of parameters too. The factor is computed where the gradients are, so that nothing waits for them.
 *
 * If a gradient is not finite, the norm is not either, and the factor spoils the gradients (NaN, or 0 if the norm
 * overflowed to Infinity): look at the norm before using them, if that can happen.
 *
 * Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks" (arXiv 1211.5063),
 * algorithm 1; the factor is that of PyTorch's `clip_grad_norm_`.
 *
 * @param maxNorm above 0; Infinity only measures
 * @returns the norm before clipping, a scalar of the type of the first parameter in the groups; 0 if there are no gradients
 * @throws ArgumentError where there are no parameters, one occurs twice, maxNorm or the norm is out of range, or a plain
 *   list has only parameters that are not clipped
 */
export function clipGradientNorm(
  parameters: ParametersOrGroups,
  maxNorm: number,
  { norm: p = 2, measured }: GradientNormOptions = {},
): Tensor {
  const groups = groupsOf('clipGradientNorm', parameters);
  checkOption(maxNorm > 0, 'clipGradientNorm', 'maxNorm', 'a number above 0', maxNorm);
  checkOption(p > 0, 'clipGradientNorm', 'norm', '2, 1, Infinity or another number above 0', p);
  const clipped = clippedIn('clipGradientNorm', groups, parameters);
  const like = groups.find((group) => group.parameters.length > 0)!.parameters[0]!;
  return noGrad(() =>
    scope(() => {
      const gradients = clipped.flatMap(({ grad }) => grad ?? []);
      const norm = measured ?? normOf(gradients, p, like);
      if (maxNorm === Number.POSITIVE_INFINITY) return norm;
      const factor = full([], maxNorm, norm).div(norm.add(EPSILON)).minimum(1);
      for (const gradient of gradients) {
        updateInPlace(gradient, (kernels) => kernels.scale(gradient, factor.cast(gradient.dtype)));
      }
      return norm;
    }),
  );
}

/**
 * Limits every element of the gradients to [−maxValue, maxValue] in place; NaN stays NaN. Groups with `clipped: false`
 * do not change, and neither do γ and β of BatchNorm in a plain list of parameters.
 *
 * @param maxValue above 0
 * @throws ArgumentError where there are no parameters, one occurs twice, maxValue is out of range, or a plain list has
 *   only parameters that are not clipped
 */
export function clipGradientValue(parameters: ParametersOrGroups, maxValue: number): void {
  const groups = groupsOf('clipGradientValue', parameters);
  checkOption(maxValue > 0, 'clipGradientValue', 'maxValue', 'a number above 0', maxValue);
  const clipped = clippedIn('clipGradientValue', groups, parameters);
  noGrad(() => {
    for (const { grad: gradient } of clipped) {
      if (gradient) scope(() => gradient.assign(gradient.maximum(-maxValue).minimum(maxValue)));
    }
  });
}

function clippedIn(owner: string, groups: readonly ParameterGroup[], given: ParametersOrGroups): Parameter[] {
  const clipped = groups.flatMap((group) => (group.clipped === false ? [] : group.parameters));
  if (clipped.length > 0 || areGroups(given)) return clipped;
  throw new ArgumentError(
    `${owner}: all ${given.length} parameters belong to normalization, which a plain list leaves alone: ` +
      "pass [{ name: 'parameters', parameters }] to clip them",
  );
}
