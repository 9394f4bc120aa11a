import type { Penalty } from '../../../kernels.js';
import { penaltyFunction } from '../../reference/kernels/penalty.js';

/** What shaders need to know of a penalty. */
export const penaltyParameters = { limit: 'f32', start: 'f32', valueThere: 'f32', slopeThere: 'f32' } as const;

/** The values of these parameters. */
export function penaltyValues(penalty: Penalty): Readonly<Record<keyof typeof penaltyParameters, number>> {
  const { form, limit, cap } = penalty;
  if (cap === Number.POSITIVE_INFINITY) return { limit, start: cap, valueThere: 0, slopeThere: 0 };
  const uncapped = penaltyFunction({ ...penalty, cap: Number.POSITIVE_INFINITY });
  const size = form === 'power' ? (1 + cap) * limit : limit + cap;
  return {
    limit,
    start: form === 'power' ? size : cap,
    valueThere: uncapped.value(size),
    slopeThere: uncapped.slope(size),
  };
}

/**
 * e^u − less for u ≥ 0, for each lane of a vector, as `exponentialMinusOne` computes it: of 2^n the half is taken, which is never
 * out of range.
 */
const growth = `fn growth(u: V, less: f32) -> V {
  let n = floor(min(u, V(89.0)) * 1.44269504 + 0.5);
  let r = (u - n * 0.693359375) + n * 2.12194440e-4;
  let q = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r
    + 1.6666665459e-1) * r + 5.0000001201e-1;
  let half = bitcast<V>(U(I(n) + 126) << U(23u));
  let value = (half * (r * r * q + r) + (half - 0.5 * less)) * 2.0;
  return select(value, V(infinity()), u > V(88.72284));
}`;

/**
 * Functions `penaltyAt` and `penaltySlopeAt` of |x|, for each lane of a vector `V` (or a number), of which `U` has the bits, `I`
 * those of integers; beyond `start` the penalty goes on along its tangent. Without branches: a processor that stands in for a
 * GPU takes all of them.
 */
export function penaltyDeclarations(form: Penalty['form']): string {
  if (form === 'power') {
    return `fn penaltyAt(size: V) -> V {
  let ratio = size / p.limit;
  let square = ratio * ratio;
  let further = p.valueThere + p.slopeThere * (size - p.start);
  return select(square * square * square * square * square, further, size > V(p.start));
}
fn penaltySlopeAt(size: V) -> V {
  let ratio = size / p.limit;
  let square = ratio * ratio;
  let slope = 10.0 * square * square * square * square * ratio / p.limit;
  return select(slope, V(p.slopeThere), size > V(p.start));
}`;
  }
  const [value, slope] =
    form === 'exponential' ? ['growth(excess, 1.0)', 'growth(excess, 0.0)'] : ['excess * excess', '2.0 * excess'];
  return `${form === 'exponential' ? growth : ''}
fn penaltyAt(size: V) -> V {
  let excess = max(size - p.limit, V(0.0));
  return select(${value}, p.valueThere + p.slopeThere * (excess - p.start), excess > V(p.start));
}
fn penaltySlopeAt(size: V) -> V {
  let excess = max(size - p.limit, V(0.0));
  return select(select(${slope}, V(p.slopeThere), excess > V(p.start)), V(0.0), excess <= V(0.0));
}`;
}
