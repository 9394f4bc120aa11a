/**
 * What an evaluation scheme computes with: numbers, or something that counts what the same steps cost on ciphertexts.
 * A value is never changed.
 */
export interface Arithmetic<T extends object> {
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  addConstant(a: T, constant: number): T;
  multiply(a: T, b: T): T;
  /** The product with a known number. */
  scale(a: T, factor: number): T;
}

/** A value, or a number that is known beforehand and costs nothing. */
export type Term<T extends object> = T | number;

/** a + b. */
export function sum<T extends object>(arithmetic: Arithmetic<T>, a: Term<T>, b: Term<T>): Term<T> {
  if (typeof a === 'number') return typeof b === 'number' ? a + b : sum(arithmetic, b, a);
  if (typeof b === 'number') return b === 0 ? a : arithmetic.addConstant(a, b);
  return arithmetic.add(a, b);
}

/** a·b. */
export function product<T extends object>(arithmetic: Arithmetic<T>, a: Term<T>, b: Term<T>): Term<T> {
  if (typeof a === 'number') return typeof b === 'number' ? a * b : product(arithmetic, b, a);
  if (typeof b === 'number') return b === 0 ? 0 : b === 1 ? a : arithmetic.scale(a, b);
  return arithmetic.multiply(a, b);
}

/** 2x² − 1, the next of T_1, T_2, T_4, …; doubling is an addition. */
export function doubled<T extends object>(arithmetic: Arithmetic<T>, x: T): T {
  const square = arithmetic.multiply(x, x);
  return arithmetic.addConstant(arithmetic.add(square, square), -1);
}
