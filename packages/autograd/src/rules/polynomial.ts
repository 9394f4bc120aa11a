import {
  apply,
  type OperatorFamilies,
  operators,
  type Penalty,
  type PolynomialActivationForm,
  type Tensor,
  zeros,
  zerosLike,
} from '@pnn/tensor';
import { constant, type RulesOf } from '../rule.js';

/** Coefficient k, shaped so that it broadcasts against x. */
function coefficient(coefficients: Tensor, k: number, x: Tensor): Tensor {
  if (coefficients.rank === 1) return coefficients.slice([k]);
  return coefficients.slice([[], k]).reshape(x.shape.map((length, axis) => (axis === 1 ? length : 1)));
}

/** Σ_k c_k s^(k − first) over first ≤ k < end by Horner's method, with its derivative in s. */
function horner(coefficients: Tensor, first: number, end: number, s: Tensor): { value: Tensor; slope: Tensor } {
  // Constants: a zero made of s would carry gradients of s^terms, which overflow, back to s.
  let value = zerosLike(s);
  let slope = value;
  for (let k = end - 1; k >= first; k--) {
    slope = slope.mul(s).add(value);
    value = value.mul(s).add(coefficient(coefficients, k, s));
  }
  return { value, slope };
}

/** The same where term k is s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1: A(u) + s·B(u), each by Horner's method. */
function hornerTwice(coefficients: Tensor, first: number, end: number, s: Tensor): { value: Tensor; slope: Tensor } {
  const u = s.square().mul(2).sub(1);
  const parts = [0, 1].map((offset) => {
    let value = zerosLike(s);
    let slope = value;
    for (let k = end - 1; k >= first; k--) {
      if ((k - first) % 2 !== offset) continue;
      slope = slope.mul(u).add(value);
      value = value.mul(u).add(coefficient(coefficients, k, s));
    }
    return { value, slope };
  });
  const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]];
  return {
    value: a.value.add(s.mul(b.value)),
    slope: b.value.add(s.mul(4).mul(a.slope.add(s.mul(b.slope)))),
  };
}

/** p(x) and p′(x) in each basis (see PolynomialBasis). */
function evaluate(x: Tensor, coefficients: Tensor, form: PolynomialActivationForm): { value: Tensor; slope: Tensor } {
  const t = x.div(form.bound);
  const terms = coefficients.shape.at(-1)!;
  if (form.basis === 'monomial') {
    const { value, slope } = horner(coefficients, 0, terms, t);
    return { value, slope: slope.div(form.bound) };
  }
  const s = t.square().mul(2).sub(1);
  const series = form.basis === 'twice-even-odd' ? hornerTwice : horner;
  const even = series(coefficients, 0, form.evenTerms, s);
  const odd = series(coefficients, form.evenTerms, terms, s);
  return {
    value: even.value.add(t.mul(odd.value)),
    slope: t
      .mul(4)
      .mul(even.slope.add(t.mul(odd.slope)))
      .add(odd.value)
      .div(form.bound),
  };
}

/** Each form as a function of |x|/limit (`power`) or of the excess over the limit, and its derivative. */
const penaltyFunctions: Readonly<Record<Penalty['form'], { value(u: Tensor): Tensor; slope(u: Tensor): Tensor }>> = {
  exponential: { value: (u) => u.expm1(), slope: (u) => u.exp() },
  quadratic: { value: (u) => u.square(), slope: (u) => u.mul(2) },
  power: { value: (u) => u.pow(10), slope: (u) => u.pow(9).mul(10) },
};

/** The mean penalty on x (see Penalty). */
export function penaltyOf(x: Tensor, { form, limit, cap }: Penalty): Tensor {
  const size = x.abs();
  const [argument, last] = form === 'power' ? [size.div(limit), 1 + cap] : [size.sub(limit).relu(), cap];
  const inside = Number.isFinite(cap) ? argument.clamp(0, last) : argument;
  const beyond = argument.sub(inside);
  const { value, slope } = penaltyFunctions[form];
  return value(inside).add(slope(inside.detach()).mul(beyond)).mean();
}

/** One pass gives all gradients; the composition is Horner's method and the penalty by operators. */
export const polynomialRules: RulesOf<OperatorFamilies['polynomial']> = {
  polynomial: {
    fused: ([output, penalty], call, [, learnable = false], overwrite) => {
      const inputs = [output, penalty, call.input(0), call.input(1)] as const;
      return apply(operators.polynomialGradient, inputs, { ...call.attributes, learnable, overwrite });
    },
    composition: ([x, coefficients], form) => {
      const penalty = form.penalty ? penaltyOf(x, form.penalty) : zeros([], x);
      if (form.outside === 'polynomial') return [evaluate(x, coefficients, form).value, penalty];
      const inside = x.clamp(-form.bound, form.bound);
      const { value, slope } = evaluate(inside, coefficients, form);
      return [value.add(x.sub(inside).mul(slope)), penalty];
    },
  },
  polynomialGradient: constant,
};
