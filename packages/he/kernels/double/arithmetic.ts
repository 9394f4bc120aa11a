// Arithmetic modulo q < 2^50 on two integers in a vector of f64. A product a·b is held exactly by two numbers: h = a·b rounded
// and a·b − h, which a fused multiplication and addition gives without an error (T. J. Dekker, 1971). A multiple c·q with
// c = round(a·b/q) is taken from both; what is left is small, so that it is exact again. Numbers stay signed in between.

/** a·b + c rounded once. Where that cannot be, residues are never f64, and nothing here runs. */
// @ts-ignore: decorator
@inline
export function fusedAdd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: known when compiled
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : unreachable();
}

/** c − a·b rounded once. */
// @ts-ignore: decorator
@inline
export function fusedSubtract(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: known when compiled
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_nmadd(a, b, c) : unreachable();
}

/** round(x/q)·q taken from x: between −q/2 and q/2, for |x| < 2^53. */
// @ts-ignore: decorator
@inline
export function reduce(x: v128, q: v128, reciprocal: v128, round: v128): v128 {
  const c = f64x2.sub(fusedAdd(x, reciprocal, round), round);
  return fusedSubtract(c, q, x);
}

/**
 * a·w modulo q for |a| < 2^52 and a factor |w| ≤ q/2 with its quotient w/q: below (1/2 + |a|·2^−55)·q in absolute value, since the
 * quotient rounds w/q by at most 2^−55, and is rounded to an integer then.
 */
// @ts-ignore: decorator
@inline
export function multiplyBy(a: v128, w: v128, quotient: v128, q: v128, round: v128): v128 {
  const c = f64x2.sub(fusedAdd(a, quotient, round), round);
  const h = f64x2.mul(a, w);
  const rest = fusedSubtract(a, w, h);
  return f64x2.sub(fusedSubtract(c, q, h), rest);
}

/** a·b modulo q for any |a·b| < 2^51·q: below q in absolute value. */
// @ts-ignore: decorator
@inline
export function multiply(a: v128, b: v128, q: v128, reciprocal: v128, round: v128): v128 {
  const h = f64x2.mul(a, b);
  const c = f64x2.sub(fusedAdd(h, reciprocal, round), round);
  const rest = fusedSubtract(a, b, h);
  return f64x2.sub(fusedSubtract(c, q, h), rest);
}

/** From −q < x < q to 0 ≤ x < q. */
// @ts-ignore: decorator
@inline
export function canonical(x: v128, q: v128): v128 {
  return f64x2.add(x, v128.and(q, f64x2.lt(x, f64x2.splat(0))));
}
