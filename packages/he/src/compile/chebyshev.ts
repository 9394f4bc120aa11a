/** Coefficients of T_0, T_1, … in one variable. */
export type Series = readonly number[];

function at(series: Series, k: number): number {
  return series[k] ?? 0;
}

/** x·p(x), by 2x·T_k = T_{k+1} + T_{|k−1|}. */
export function timesVariable(series: Series): number[] {
  const product = new Array<number>(series.length + 1).fill(0);
  series.forEach((coefficient, k) => {
    if (k === 0) product[1]! += coefficient;
    else {
      product[k + 1]! += coefficient / 2;
      product[k - 1]! += coefficient / 2;
    }
  });
  return product;
}

export function plus(a: Series, b: Series): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, k) => at(a, k) + at(b, k));
}

/** The series of a polynomial in powers, lowest first. */
export function fromPowers(powers: readonly number[]): number[] {
  return powers.reduceRight<number[]>((series, power) => plus(timesVariable(series), [power]), [0]);
}

/** p(2x² − 1), by T_k(T_2(x)) = T_{2k}(x). */
export function ofSecond(series: Series): number[] {
  return series.flatMap((coefficient, k) => (k === 0 ? [coefficient] : [0, coefficient]));
}

/** p·q, by 2·T_i·T_j = T_{i+j} + T_{|i−j|}. */
export function product(a: Series, b: Series): number[] {
  const result = new Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      result[i + j]! += (x * y) / 2;
      result[Math.abs(i - j)]! += (x * y) / 2;
    });
  });
  return result;
}

/** The quotient A and the rest B of p = A·T_m + B, for a degree below 2m. */
export function divide(series: Series, m: number): { readonly quotient: number[]; readonly rest: number[] } {
  const quotient = series.slice(m).map((coefficient, i) => (i === 0 ? coefficient : 2 * coefficient));
  const rest = Array.from({ length: m }, (_, i) => at(series, i) - (i > 0 ? at(series, 2 * m - i) : 0));
  return { quotient, rest };
}

/**
 * The root Q and the rest R of p = Q² + R for a degree of 2n and a leading coefficient of 1/2: Q is T_n plus lower terms,
 * and R is of a degree below n.
 */
export function squareRoot(series: Series): { readonly root: number[]; readonly rest: number[] } {
  const n = (series.length - 1) / 2;
  const root = new Array<number>(n + 1).fill(0);
  root[n] = 1;
  for (let i = n - 1; i >= 0; i--) {
    // In Q² the term of T_{n+i} is T_n times what is wanted, twice for i = 0, plus what higher terms give.
    const missing = series[n + i]! - product(root, root)[n + i]!;
    root[i] = i === 0 ? missing / 2 : missing;
  }
  const square = product(root, root);
  return { root, rest: series.slice(0, n).map((coefficient, i) => coefficient - square[i]!) };
}
