/** From here on the continued fraction needs fewer steps than the power series. */
const FRACTION_FROM = 2;
/** Enough for a relative error of 1e-15 at `FRACTION_FROM`, where the fraction converges slowest. */
const FRACTION_TERMS = 80;

/** erf(x) = 2/√π e^{-x²} Σ 2ⁿ x^{2n+1} / (2n+1)!!, for 0 ≤ x: every term is positive, so that nothing cancels. */
function erfBySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) = e^{-x²}/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))), evaluated from the innermost term outwards. */
function erfcByFraction(x: number): number {
  let denominator = x;
  for (let n = FRACTION_TERMS; n > 0; n--) denominator = x + n / 2 / denominator;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
}

/**
 * The complementary error function 1 - erf(x) with an absolute error below 1e-15 for every x, and a relative error
 * below 1e-13 for x > 2, where it is small.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 (series) and 7.1.14 (continued fraction).
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  return x < FRACTION_FROM ? 1 - erfBySeries(x) : erfcByFraction(x);
}
