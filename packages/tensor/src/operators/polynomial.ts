import { ArgumentError, ShapeError } from '../errors.js';
import type { Operand, PolynomialActivationForm } from '../kernels.js';
import { checkFloat, checkSameType, inputGradient, type Overwriting, operator } from '../operator.js';
import { formatShape } from '../shape.js';

function checkForm(
  x: Operand,
  coefficients: Operand,
  { basis, evenTerms, bound, penalty }: PolynomialActivationForm,
): void {
  const terms = coefficients.shape.at(-1) ?? 0;
  const perChannel = coefficients.shape.length === 2;
  if (terms === 0 || coefficients.shape.length > 2 || (perChannel && coefficients.shape[0] !== x.shape[1])) {
    throw new ShapeError(
      `polynomial: coefficients ${formatShape(coefficients.shape)} for ${formatShape(x.shape)}: ` +
        'they must be [terms], or [C,terms] for an input [N,C,…]',
    );
  }
  if (!Number.isInteger(evenTerms) || evenTerms < 1 || evenTerms > terms) {
    throw new ArgumentError(
      `polynomial: the even part must have 1 to ${terms} of the ${terms} terms, not ${evenTerms}`,
    );
  }
  if (basis === 'monomial' && evenTerms !== terms) {
    throw new ArgumentError('polynomial: in the monomial basis the even part is the whole polynomial');
  }
  if (!(bound > 0 && Number.isFinite(bound))) {
    throw new ArgumentError(`polynomial: the bound must be a positive number, not ${bound}`);
  }
  if (penalty && !(penalty.limit > 0 && penalty.cap > 0)) {
    throw new ArgumentError(
      `polynomial: the penalty's limit and cap must be positive, not ${penalty.limit} and ${penalty.cap}`,
    );
  }
}

/** Activation polynomials, with the penalty on inputs out of range and the statistics of the range from the same pass. */
export const polynomialOperators = {
  polynomial: operator<readonly [Operand, Operand], PolynomialActivationForm>({
    name: 'polynomial',
    infer: ([x, coefficients], form) => {
      checkFloat('polynomial', x);
      checkSameType('polynomial', x, coefficients);
      checkForm(x, coefficients, form);
      return [
        { shape: x.shape, dtype: x.dtype },
        { shape: [], dtype: x.dtype },
        { shape: [3], dtype: x.dtype },
      ];
    },
    launch: (kernels, [x, coefficients], [out, penalty, range], form) =>
      kernels.polynomial(x, coefficients, out!, penalty!, range!, form),
  }),

  polynomialGradient: operator<
    readonly [Operand | undefined, Operand | undefined, Operand, Operand],
    PolynomialActivationForm & Overwriting & { readonly learnable: boolean }
  >({
    name: 'polynomialGradient',
    infer: ([, , x, coefficients], attributes) => {
      const own = inputGradient(x, attributes);
      return attributes.learnable ? [own, { shape: coefficients.shape, dtype: x.dtype }] : [own];
    },
    launch: (kernels, [gradient, penaltyGradient, x, coefficients], [out, coefficientGradient], form) =>
      kernels.polynomialGradient(gradient, penaltyGradient, x, coefficients, out!, coefficientGradient, form),
  }),
};
