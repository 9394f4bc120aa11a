import type { BoundaryPenalty, FittedPolynomial } from '../../src/index.js';

/** What an activation is to compute, in plain float64. */
export interface PlainActivation {
  readonly fit: FittedPolynomial;
  readonly alpha: number;
  readonly outside: 'polynomial' | 'tangent';
  readonly penalty: Required<BoundaryPenalty>;
}

/** The polynomial by Clenshaw's recurrence, or its tangent beyond the bound. */
export function plainOutput({ fit, outside }: PlainActivation, x: number): number {
  if (outside === 'polynomial' || Math.abs(x) <= fit.bound) return fit.evaluate(x);
  const edge = Math.sign(x) * fit.bound;
  return fit.evaluate(edge) + (x - edge) * fit.derivative(edge);
}

/** The penalty of one input; for `max-norm` the inputs are those of a batch of one. */
export function plainPenalty({ fit, alpha, penalty: { form, cap } }: PlainActivation, x: number): number {
  const limit = alpha * fit.bound;
  const excess = Math.max(Math.abs(x) - limit, 0);
  switch (form) {
    case 'exponential':
      return excess <= cap ? Math.expm1(excess) : Math.expm1(cap) + Math.exp(cap) * (excess - cap);
    case 'quadratic':
      return excess <= cap ? excess ** 2 : cap ** 2 + 2 * cap * (excess - cap);
    case 'power': {
      const ratio = Math.abs(x) / limit;
      const from = 1 + cap;
      return ratio <= from ? ratio ** 10 : from ** 10 + 10 * from ** 9 * (ratio - from);
    }
    case 'max-norm':
      return excess;
  }
}

/** The penalty of a batch: the mean, or the largest. */
export function plainBatchPenalty(activation: PlainActivation, xs: readonly number[]): number {
  const each = xs.map((x) => plainPenalty(activation, x));
  if (activation.penalty.form === 'max-norm') return Math.max(...each);
  return each.reduce((sum, value) => sum + value, 0) / xs.length;
}
