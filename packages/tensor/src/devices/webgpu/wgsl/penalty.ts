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

/** Functions `penaltyAt` and `penaltySlopeAt` of |x|; beyond `start` the penalty goes on along its tangent. */
export function penaltyDeclarations(form: Penalty['form']): string {
  if (form === 'power') {
    return `fn penaltyAt(size: f32) -> f32 {
  if (size > p.start) { return p.valueThere + p.slopeThere * (size - p.start); }
  let ratio = size / p.limit;
  let square = ratio * ratio;
  return square * square * square * square * square;
}
fn penaltySlopeAt(size: f32) -> f32 {
  if (size > p.start) { return p.slopeThere; }
  let ratio = size / p.limit;
  let square = ratio * ratio;
  return 10.0 * square * square * square * square * ratio / p.limit;
}`;
  }
  const [value, slope] =
    form === 'exponential'
      ? ['exponentialMinusOne(excess)', 'exponential(excess)']
      : ['excess * excess', '2.0 * excess'];
  return `fn penaltyAt(size: f32) -> f32 {
  let excess = size - p.limit;
  if (!(excess > 0.0)) { return 0.0; }
  if (excess > p.start) { return p.valueThere + p.slopeThere * (excess - p.start); }
  return ${value};
}
fn penaltySlopeAt(size: f32) -> f32 {
  let excess = size - p.limit;
  if (!(excess > 0.0)) { return 0.0; }
  if (excess > p.start) { return p.slopeThere; }
  return ${slope};
}`;
}
