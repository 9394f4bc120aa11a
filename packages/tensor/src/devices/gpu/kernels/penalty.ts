import type { Penalty } from '../../../kernels.js';
import { penaltyFunction } from '../../reference/kernels/penalty.js';

/** What shaders need to know of a penalty, as parameters of a kernel. */
export const penaltyParameters = ['limit', 'from', 'valueThere', 'slopeThere'] as const;

/** Their values. */
export function penaltyNumbers(penalty: Penalty): readonly number[] {
  const { form, limit, cap } = penalty;
  if (cap === Number.POSITIVE_INFINITY) return [limit, cap, 0, 0];
  const uncapped = penaltyFunction({ ...penalty, cap: Number.POSITIVE_INFINITY });
  const size = form === 'power' ? (1 + cap) * limit : limit + cap;
  return [limit, form === 'power' ? size : cap, uncapped.value(size), uncapped.slope(size)];
}

const TENTH_POWER = `const ratio = size / limit;
const square = ratio * ratio;
const eighth = square * square * square * square;`;

/** The forms that are functions of the excess over the limit. */
const byExcess: Readonly<
  Record<Exclude<Penalty['form'], 'power'>, { readonly value: string; readonly slope: string }>
> = {
  exponential: { value: 'exponentialMinusOne(excess)', slope: 'exponential(excess)' },
  quadratic: { value: 'excess * excess', slope: '2 * excess' },
};

/** Statements that declare `penalty` for |x| = `size`; beyond `from` it goes on along its tangent. */
export function penaltyValue(form: Penalty['form']): string {
  if (form === 'power') {
    return `${TENTH_POWER}
let penalty = eighth * square;
if (size > from) { penalty = valueThere + slopeThere * (size - from); }`;
  }
  const value = byExcess[form].value;
  return `const excess = size - limit;
let penalty = 0;
if (excess > 0) {
  if (excess <= from) { penalty = ${value}; } else { penalty = valueThere + slopeThere * (excess - from); }
}`;
}

/** Statements that declare `penaltySlope`, the derivative with respect to `size`. */
export function penaltySlope(form: Penalty['form']): string {
  if (form === 'power') {
    return `${TENTH_POWER}
let penaltySlope = 10 * eighth * ratio / limit;
if (size > from) { penaltySlope = slopeThere; }`;
  }
  const slope = byExcess[form].slope;
  return `const excess = size - limit;
let penaltySlope = 0;
if (excess > 0) {
  if (excess <= from) { penaltySlope = ${slope}; } else { penaltySlope = slopeThere; }
}`;
}
