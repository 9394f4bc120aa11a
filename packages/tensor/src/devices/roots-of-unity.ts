/** e^(−2πi·t/n), or (inverse) e^(2πi·t/n), for all t < n, as pairs of real and imaginary part. */
export function rootsOfUnity(n: number, inverse = false): Float64Array {
  const roots = new Float64Array(2 * n);
  for (let t = 0; t < n; t++) {
    const angle = (2 * Math.PI * t) / n;
    roots[2 * t] = Math.cos(angle);
    roots[2 * t + 1] = inverse ? Math.sin(angle) : -Math.sin(angle);
  }
  return roots;
}
