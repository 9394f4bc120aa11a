import { polynomialInputs } from '../../inputs.js';
import type { Prepared } from '../../subject.js';
import type { PolynomialWork } from '../../work.js';

interface Kernel {
  value(x: number): number;
  /** The slope at x; adds gradient·(what each coefficient is multiplied by) to the sums. */
  slope(x: number, gradient: number, sums: Float64Array): number;
}

function evenOdd({ coefficients, evenTerms, bound }: PolynomialWork): Kernel {
  const even = coefficients.slice(0, evenTerms);
  const odd = coefficients.slice(evenTerms);
  const horner = (terms: readonly number[], s: number): number => {
    let y = terms[terms.length - 1]!;
    for (let k = terms.length - 2; k >= 0; k--) y = y * s + terms[k]!;
    return y;
  };
  const hornerSlope = (terms: readonly number[], s: number): number => {
    let y = 0;
    for (let k = terms.length - 1; k >= 1; k--) y = y * s + k * terms[k]!;
    return y;
  };
  return {
    value: (x) => {
      const t = x / bound;
      const s = 2 * t * t - 1;
      return horner(even, s) + t * horner(odd, s);
    },
    slope: (x, gradient, sums) => {
      const t = x / bound;
      const s = 2 * t * t - 1;
      let power = gradient;
      for (let k = 0; k < evenTerms; k++) {
        sums[k]! += power;
        power *= s;
      }
      power = gradient * t;
      for (let k = evenTerms; k < coefficients.length; k++) {
        sums[k]! += power;
        power *= s;
      }
      return (4 * t * (hornerSlope(even, s) + t * hornerSlope(odd, s)) + horner(odd, s)) / bound;
    },
  };
}

function powers({ coefficients, bound, form }: PolynomialWork): Kernel {
  const last = coefficients.length - 1;
  const horner = (x: number): number => {
    const t = x / bound;
    let y = coefficients[last]!;
    for (let k = last - 1; k >= 0; k--) y = y * t + coefficients[k]!;
    return y;
  };
  const sumOfPowers = (x: number): number => {
    const t = x / bound;
    let y = 0;
    for (let k = 0; k <= last; k++) y += coefficients[k]! * t ** k;
    return y;
  };
  return {
    value: form === 'horner' ? horner : sumOfPowers,
    slope: (x, gradient, sums) => {
      const t = x / bound;
      let y = 0;
      let power = gradient;
      for (let k = last; k >= 1; k--) y = y * t + k * coefficients[k]!;
      for (let k = 0; k <= last; k++) {
        sums[k]! += power;
        power *= t;
      }
      return y / bound;
    },
  };
}

/** A polynomial of every element, evaluated and differentiated by hand. */
export function preparePolynomial(work: PolynomialWork): Prepared {
  const inputs = polynomialInputs(work);
  const x = inputs.x.data;
  const gradient = inputs.gradient.data;
  const { value, slope } = work.form === 'even-odd' ? evenOdd(work) : powers(work);
  const run = () => {
    const out = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) out[i] = value(x[i]!);
    if (work.direction === 'forward') return [out];
    const xGradient = new Float32Array(x.length);
    const sums = new Float64Array(work.coefficients.length);
    for (let i = 0; i < x.length; i++) xGradient[i] = gradient[i]! * slope(x[i]!, gradient[i]!, sums);
    return [out, xGradient, sums];
  };
  return { run, outputs: run };
}
