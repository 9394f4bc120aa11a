// Sine and cosine of angles from 0 to π/4 by the polynomials of FDLIBM (Sun Microsystems, 1993), as SEAL's C library evaluates
// them. `Math.sin` and `Math.cos` are left to the platform: they differ in the last bit from version to version.

/** sin x for 0 ≤ x ≤ π/4. */
export function sine(x: number): number {
  const z = x * x;
  const w = z * z;
  const low = 0.00833333333332249 + z * (-0.0001984126982985795 + z * 2.7557313707070068e-6);
  const high = -2.5050760253406863e-8 + z * 1.58969099521155e-10;
  return x + z * x * (-0.16666666666666632 + z * (low + z * w * high));
}

/** cos x for 0 ≤ x ≤ π/4. */
export function cosine(x: number): number {
  const z = x * x;
  const low = 0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5);
  const high = -2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11);
  const w = z * z;
  const half = 0.5 * z;
  const main = 1 - half;
  return main + (1 - main - half + z * (z * low + w * w * high));
}
