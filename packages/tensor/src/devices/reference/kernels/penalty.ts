import type { Penalty } from '../../../kernels.js';

/** The penalty of one input and its derivative with respect to |x|, by the size |x| of the input. */
export interface PenaltyFunction {
  value(size: number): number;
  slope(size: number): number;
}

const POWER = 10;

/** Goes on along the tangent from `from` on, so that neither value nor slope overflows. */
function linearBeyond(from: number, value: (u: number) => number, slope: (u: number) => number): PenaltyFunction {
  return {
    value: (u) => (u <= from ? value(u) : value(from) + slope(from) * (u - from)),
    slope: (u) => slope(Math.min(u, from)),
  };
}

/** A function of the excess over the limit, as one of the size; 0 within the limit. */
function byExcess(limit: number, { value, slope }: PenaltyFunction): PenaltyFunction {
  return {
    value: (size) => (size > limit ? value(size - limit) : 0),
    slope: (size) => (size > limit ? slope(size - limit) : 0),
  };
}

/** The forms of `Penalty`. */
export function penaltyFunction({ form, limit, cap }: Penalty): PenaltyFunction {
  switch (form) {
    case 'power':
      return linearBeyond(
        (1 + cap) * limit,
        (size) => (size / limit) ** POWER,
        (size) => (POWER / limit) * (size / limit) ** (POWER - 1),
      );
    case 'exponential':
      return byExcess(limit, linearBeyond(cap, Math.expm1, Math.exp));
    case 'quadratic':
      return byExcess(
        limit,
        linearBeyond(
          cap,
          (excess) => excess * excess,
          (excess) => 2 * excess,
        ),
      );
  }
}
