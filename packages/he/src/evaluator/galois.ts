import { reverseBits } from './modulus-table.js';

/** 3 makes all rotations of the slots: its powers are a subgroup of index 2 of the odd numbers modulo 2N. */
const GENERATOR = 3;

/** The Galois element X → X^element of the rotation that moves slot i + steps to slot i. */
export function galoisElement(steps: number, degree: number): number {
  const slots = degree / 2;
  const turns = ((steps % slots) + slots) % slots;
  let element = 1;
  for (let i = 0; i < turns; i++) element = (element * GENERATOR) % (2 * degree);
  return element;
}

/** Where the values of a polynomial, in the order of the transform, come from when X becomes X^element. */
export function galoisPermutation(element: number, degree: number): Uint32Array {
  const bits = Math.log2(degree);
  return Uint32Array.from({ length: degree }, (_, i) => {
    // Value i is that at ψ^(2·bitrev(i) + 1).
    const exponent = (element * (2 * reverseBits(i, bits) + 1)) % (2 * degree);
    return reverseBits((exponent - 1) / 2, bits);
  });
}
