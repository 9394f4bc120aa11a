import type { PolynomialForm } from '../../../kernels.js';

/** How a polynomial is written: with the basis, the coefficients of E, and those of E and O. */
export interface PolynomialShape {
  readonly basis: PolynomialForm['basis'];
  readonly evenTerms: number;
  readonly terms: number;
}

/** Factors by the index of what they multiply. */
type Factors = ReadonlyMap<number, number>;

/** The derivative in s of s^j, or of s^(j mod 2)·u^⌊j/2⌋ with u = 2s² − 1, in the same functions. */
function derivativeInS(basis: PolynomialShape['basis'], j: number): Factors {
  if (j === 0) return new Map();
  if (basis !== 'twice-even-odd') return new Map([[j - 1, j]]);
  if (j % 2 === 0) return new Map([[j - 1, 2 * j]]);
  // (s·u^i)′ = u^i + 4s²·i·u^(i−1), where 2s² = u + 1.
  return new Map(j === 1 ? [[0, 1]] : [[j - 1, j] as const, [j - 3, j - 1] as const]);
}

/** The j-th of these functions times s. */
function timesS(basis: PolynomialShape['basis'], j: number): Factors {
  if (basis !== 'twice-even-odd' || j % 2 === 0) return new Map([[j + 1, 1]]);
  return new Map([
    [j + 1, 0.5],
    [j - 1, 0.5],
  ]);
}

/**
 * The derivative in t is a polynomial in the same basis: (E + t·O)′ = 4t·E′ + O + 2(s + 1)·O′, since s = 2t² − 1. Its even and
 * its odd coefficients, each as factors of the coefficients of the polynomial.
 */
export function derivativeOf({ basis, evenTerms, terms }: PolynomialShape): {
  readonly even: readonly Factors[];
  readonly odd: readonly Factors[];
} {
  if (basis === 'monomial') {
    return { even: Array.from({ length: terms - 1 }, (_, k) => new Map([[k + 1, k + 1]])), odd: [] };
  }
  const even = Array.from({ length: terms - evenTerms }, () => new Map<number, number>());
  const odd = Array.from({ length: Math.max(0, evenTerms - 1) }, () => new Map<number, number>());
  const add = (row: Map<number, number>, k: number, factor: number): unknown => row.set(k, (row.get(k) ?? 0) + factor);
  for (let k = 0; k < evenTerms; k++) {
    for (const [i, factor] of derivativeInS(basis, k)) add(odd[i]!, k, 4 * factor);
  }
  for (let k = evenTerms; k < terms; k++) {
    add(even[k - evenTerms]!, k, 1);
    for (const [i, factor] of derivativeInS(basis, k - evenTerms)) {
      add(even[i]!, k, 2 * factor);
      for (const [times, part] of timesS(basis, i)) add(even[times]!, k, 2 * factor * part);
    }
  }
  return { even, odd };
}

/** The derivative in t at t = 1, or at t = −1, as factors of the coefficients: s and u are 1 there. */
export function derivativeAtEdge(shape: PolynomialShape, t: 1 | -1): Factors {
  const all = new Map<number, number>();
  const { even, odd } = derivativeOf(shape);
  const add = (row: Factors, sign: number): void => {
    for (const [k, factor] of row) all.set(k, (all.get(k) ?? 0) + sign * factor);
  };
  for (const [i, row] of even.entries()) add(row, shape.basis === 'monomial' ? t ** i : 1);
  for (const row of odd) add(row, t);
  return all;
}
