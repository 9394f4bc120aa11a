import { chebyshevSeries } from '../fitting/chebyshev.js';
import { basisFor, FittedPolynomial } from '../fitting/index.js';
import type { PolynomialActivation } from './polynomial-activation.js';

/** Without the highest coefficients that are 0, down to those of a line. */
function trimmed(series: Float64Array): Float64Array {
  const degree = Math.max(
    1,
    series.findLastIndex((coefficient) => coefficient !== 0),
  );
  const result = new Float64Array(degree + 1);
  result.set(series.subarray(0, degree + 1));
  return result;
}

/**
 * The polynomials that an activation really evaluates, learned or loaded coefficients included, one for each channel or one
 * for all. Their degree is that of the highest coefficient that is not 0.
 */
export async function effectivePolynomials(activation: PolynomialActivation): Promise<FittedPolynomial[]> {
  const { options, bound, fit, coefficients, domain } = activation;
  const basis = options.basis ?? basisFor(options.degree);
  const evenTerms = domain.dataSync()[1]!;
  const terms = coefficients.shape.at(-1)!;
  const all = Float64Array.from(await coefficients.data());
  return Array.from({ length: all.length / terms }, (_, channel) => {
    const own = all.subarray(channel * terms, (channel + 1) * terms);
    const series = chebyshevSeries(own, { basis, evenTerms });
    return new FittedPolynomial(options.target ?? 'relu', bound, fit.method, trimmed(series));
  });
}
