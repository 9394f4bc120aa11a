import { PlanError } from '../errors.js';
import { reverseBits } from './modulus-table.js';
import { cosine, sine } from './trigonometry.js';

/** Slots are in the order of the powers of 3. */
const GENERATOR = 3;

/** x rounded to an integer, halves away from zero. */
function rounded(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** e^(2πi·index/order), by the first eighth of them, so that those that mirror each other have the same digits. */
function rootOfUnity(index: number, order: number): readonly [number, number] {
  const at = index & (order - 1);
  if (at <= order / 8) {
    const angle = (2 * Math.PI * at) / order;
    return [cosine(angle), sine(angle)];
  }
  if (at <= order / 4) {
    const [re, im] = rootOfUnity(order / 4 - at, order);
    return [im, re];
  }
  if (at <= order / 2) {
    const [re, im] = rootOfUnity(order / 2 - at, order);
    return [-re, im];
  }
  if (at <= (3 * order) / 4) {
    const [re, im] = rootOfUnity(at - order / 2, order);
    return [-re, -im];
  }
  const [re, im] = rootOfUnity(order - at, order);
  return [re, -im];
}

/**
 * From N/2 numbers to a polynomial that has them as values, as SEAL does it: the inverse of the transform over the complex numbers, in
 * the same order of operations (J. H. Cheon, A. Kim, M. Kim and Y. Song, 2016).
 */
export class Encoder {
  readonly #degree: number;
  /** Where slot i and its conjugate stand. */
  readonly #places: Uint32Array;
  readonly #rootsRe: Float64Array;
  readonly #rootsIm: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(degree: number) {
    this.#degree = degree;
    const slots = degree / 2;
    const bits = Math.log2(degree);
    this.#places = new Uint32Array(degree);
    for (let i = 0, power = 1; i < slots; i++, power = (power * GENERATOR) % (2 * degree)) {
      this.#places[i] = reverseBits((power - 1) / 2, bits);
      this.#places[i + slots] = reverseBits((2 * degree - power - 1) / 2, bits);
    }
    this.#rootsRe = new Float64Array(degree);
    this.#rootsIm = new Float64Array(degree);
    for (let i = 1; i < degree; i++) {
      const [re, im] = rootOfUnity(reverseBits(i - 1, bits) + 1, 2 * degree);
      this.#rootsRe[i] = re;
      this.#rootsIm[i] = -im;
    }
    this.#re = new Float64Array(degree);
    this.#im = new Float64Array(degree);
  }

  /**
   * Writes the coefficients, rounded to integers.
   *
   * @throws PlanError where a number is not finite, all are zero, or the coefficients are 2^limitBits or more
   */
  encode(values: Float64Array, scale: number, limitBits: number, to: Float64Array): void {
    const slots = this.#degree / 2;
    if (values.length !== slots) throw new PlanError(`encode: ${values.length} numbers for ${slots} slots`);
    if (!(scale > 0 && Number.isFinite(scale))) throw new PlanError(`encode: the scale must be positive, not ${scale}`);
    if (!values.every((value) => Number.isFinite(value))) throw new PlanError('encode: a number is not finite');
    const re = this.#re;
    const im = this.#im;
    im.fill(0);
    for (let i = 0; i < slots; i++) {
      re[this.#places[i]!] = values[i]!;
      re[this.#places[i + slots]!] = values[i]!;
    }
    this.#transform(scale / this.#degree);
    let largest = 0;
    for (let i = 0; i < this.#degree; i++) {
      const coefficient = rounded(re[i]!);
      to[i] = coefficient;
      largest = Math.max(largest, Math.abs(coefficient));
    }
    if (largest === 0) throw new PlanError('encode: a plaintext of zeros would not hide anything');
    if (Math.log2(largest) + 1 >= limitBits) {
      throw new PlanError(`encode: numbers at scale ${scale} need more than the ${limitBits} bits of the level`);
    }
  }

  /** The inverse transform, from the last stage of the transform to the first. */
  #transform(factor: number): void {
    const re = this.#re;
    const im = this.#im;
    let root = 1;
    let gap = 1;
    for (let groups = this.#degree / 2; groups > 1; groups /= 2, gap *= 2) {
      for (let start = 0; start < this.#degree; start += 2 * gap, root++) {
        const rootRe = this.#rootsRe[root]!;
        const rootIm = this.#rootsIm[root]!;
        for (let x = start, y = start + gap; x < start + gap; x++, y++) {
          const uRe = re[x]!;
          const uIm = im[x]!;
          const differenceRe = uRe - re[y]!;
          const differenceIm = uIm - im[y]!;
          re[x] = uRe + re[y]!;
          im[x] = uIm + im[y]!;
          re[y] = differenceRe * rootRe - differenceIm * rootIm;
          im[y] = differenceRe * rootIm + differenceIm * rootRe;
        }
      }
    }
    const rootRe = this.#rootsRe[root]! * factor;
    const rootIm = this.#rootsIm[root]! * factor;
    for (let x = 0, y = gap; x < gap; x++, y++) {
      const uRe = re[x]!;
      const uIm = im[x]!;
      const differenceRe = uRe - re[y]!;
      const differenceIm = uIm - im[y]!;
      re[x] = (uRe + re[y]!) * factor;
      re[y] = differenceRe * rootRe - differenceIm * rootIm;
    }
  }
}
