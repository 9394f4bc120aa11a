import { ArgumentError } from '@pnn/tensor';

/** At a condition number of 1/ε no digit of the solution is right; this leaves one or two. */
const MAX_CONDITION = 1e14;

function dot(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** v ← v - scale · (direction · v) · direction, rows `from` on: one Householder reflection. */
function reflect(v: Float64Array, direction: Float64Array, scale: number, from: number): void {
  const factor = scale * dot(direction, v, from);
  for (let i = from; i < v.length; i++) v[i]! -= factor * direction[i]!;
}

/** The x with R x = b, for R with the given diagonal and its upper triangle in the columns. */
function substituteBack(columns: readonly Float64Array[], diagonal: Float64Array, b: Float64Array): Float64Array {
  const solution = new Float64Array(diagonal.length);
  for (let k = diagonal.length - 1; k >= 0; k--) {
    let rest = b[k]!;
    for (let j = k + 1; j < diagonal.length; j++) rest -= columns[j]![k]! * solution[j]!;
    solution[k] = rest / diagonal[k]!;
  }
  return solution;
}

/** ‖R‖ ‖R⁻¹‖ in the Frobenius norm; NaN or Infinity where R is singular. */
function condition(columns: readonly Float64Array[], diagonal: Float64Array): number {
  let squares = 0;
  let inverseSquares = 0;
  for (let k = 0; k < diagonal.length; k++) {
    const unit = new Float64Array(diagonal.length);
    unit[k] = 1;
    inverseSquares += substituteBack(columns, diagonal, unit).reduce((sum, value) => sum + value * value, 0);
    squares += diagonal[k]! ** 2;
    for (let i = 0; i < k; i++) squares += columns[k]![i]! ** 2;
  }
  return Math.sqrt(squares * inverseSquares);
}

/**
 * The x that minimizes ‖A x - b‖₂, by Householder QR; a square A is solved exactly.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, sections 5.1-5.3.
 *
 * @param columns the columns of A, at least as long as there are columns; overwritten
 * @param b the right-hand side, as long as a column; overwritten
 * @throws ArgumentError where the columns depend on each other up to rounding
 */
export function solveLeastSquares(columns: readonly Float64Array[], b: Float64Array): Float64Array {
  const count = columns.length;
  const diagonal = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const direction = columns[k]!;
    const norm = Math.sqrt(dot(direction, direction, k));
    const head = direction[k]!;
    diagonal[k] = head > 0 ? -norm : norm;
    if (norm === 0) continue;
    direction[k] = head - diagonal[k]!;
    const scale = 1 / (norm * (norm + Math.abs(head)));
    for (let j = k + 1; j < count; j++) reflect(columns[j]!, direction, scale, k);
    reflect(b, direction, scale, k);
  }
  if (!(condition(columns, diagonal) < MAX_CONDITION)) {
    throw new ArgumentError(
      `fitPolynomial: ${b.length} equations do not determine ${count} coefficients up to rounding; take more samples, a lower degree or a smoother target`,
    );
  }
  return substituteBack(columns, diagonal, b);
}
