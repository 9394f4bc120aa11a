import { Generator } from '@pnn/nn';
import type { Ciphertext, Evaluator, IntegerMatrix, Plaintext } from '../ckks/evaluator.js';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { PlanError } from '../errors.js';
import { Errors, spreadOfDigits } from './noise.js';

/** Normal numbers are drawn once, and read from random places of a table, which is so many times as long as a vector. */
const TABLE_LENGTH = 16;

/** Slots that are not encrypted, as a ciphertext or a plaintext. */
class Slots implements Ciphertext, Plaintext {
  values: Float64Array;
  level: number;
  scale: number;
  /** Polynomials of the ciphertext that it stands for. */
  parts: number;

  constructor(values: Float64Array, level: number, scale: number, parts: number) {
    this.values = values;
    this.level = level;
    this.scale = scale;
    this.parts = parts;
  }

  dispose(): void {}

  [Symbol.dispose](): void {}
}

const slotsOf = (operand: Ciphertext | Plaintext) => operand as Slots;

/**
 * Computes on numbers that are not encrypted, and adds in each slot an error as encryption would, drawn at random: of fresh
 * encryptions, of rounded plaintexts, of divisions by a prime, and of switched keys. An error whose coefficients have variance v
 * has variance N·v/2 in the real part of a slot; what a product with the secret makes of it depends on the value of the secret
 * there, which is drawn, too (Cheon et al., 2016, 2018).
 */
export class NoisySlots implements Evaluator {
  readonly parameters: ParametersWithPrimes;
  readonly live = 0;
  readonly #slots: number;
  readonly #errors: Errors;
  readonly #random: Generator;
  readonly #normals: Float64Array;
  /** By slot, what digits have in place of a deviation of 1. */
  readonly #ofDigits: Float64Array;
  /** By slot and polynomials of a ciphertext, what errors of divisions have in place of a deviation of 1. */
  readonly #ofParts = new Map<number, Float64Array>();

  /** @param seed of the errors */
  constructor(parameters: ParametersWithPrimes, seed = 1) {
    const { degree } = parameters;
    this.parameters = parameters;
    this.#slots = degree / 2;
    this.#errors = new Errors(parameters);
    this.#random = new Generator(seed, 'ckks-noise');
    this.#normals = Float64Array.from({ length: TABLE_LENGTH * this.#slots }, () => this.#random.normal());
    this.#ofDigits = spreadOfDigits(degree).map(Math.sqrt);
    this.drawSecret();
  }

  /** Draws another secret. Its coefficients are −1, 0 and 1, so that its values have the variance 2N/3, half of it real. */
  drawSecret(): void {
    const [two, three] = [2, 3].map((parts) => {
      const known = this.#ofParts.get(parts) ?? new Float64Array(this.#slots);
      this.#ofParts.set(parts, known);
      return known;
    }) as [Float64Array, Float64Array];
    const normals = this.#normals;
    const start = this.#randomPlace(2 * this.#slots);
    const mean = (2 * this.parameters.degree) / 3;
    for (let slot = 0; slot < this.#slots; slot++) {
      const [real, imaginary] = [normals[start + 2 * slot]!, normals[start + 2 * slot + 1]!];
      const size = (mean / 2) * (real * real + imaginary * imaginary);
      two[slot] = Math.sqrt((1 + size) / (1 + mean));
      three[slot] = Math.sqrt((1 + size + size ** 2) / (1 + mean));
    }
  }

  /** A message of numbers that `load` encrypts. */
  static message(values: Float64Array, level: number, scale: number): Uint8Array {
    const message = new Float64Array(2 + values.length);
    message.set([level, scale]);
    message.set(values, 2);
    return new Uint8Array(message.buffer);
  }

  /** The numbers of a message that `save` has made. */
  static numbers(message: Uint8Array): Float64Array {
    return new Float64Array(message.buffer, message.byteOffset + 2 * Float64Array.BYTES_PER_ELEMENT);
  }

  load(message: Uint8Array): Ciphertext {
    const [level = 0, scale = 1] = new Float64Array(message.buffer, message.byteOffset, 2);
    const fresh = new Slots(NoisySlots.numbers(message).slice(), level, scale, 2);
    this.#addErrors(fresh, this.#errors.fresh);
    return fresh;
  }

  save(ciphertext: Ciphertext): Uint8Array {
    const { values, level, scale } = slotsOf(ciphertext);
    return NoisySlots.message(values, level, scale);
  }

  encode(values: Float64Array, scale: number, level: number): Plaintext {
    return new Slots(values, level, scale, 1);
  }

  rotate(ciphertext: Ciphertext, steps: number): Ciphertext {
    const { values, level, scale, parts } = slotsOf(ciphertext);
    const start = ((steps % this.#slots) + this.#slots) % this.#slots;
    const rotated = new Float64Array(this.#slots);
    rotated.set(values.subarray(start));
    rotated.set(values.subarray(0, start), this.#slots - start);
    const result = new Slots(rotated, level, scale, parts);
    if (start !== 0) this.#switchKey(result);
    return result;
  }

  rotateMany(ciphertext: Ciphertext, steps: readonly number[]): Ciphertext[] {
    return steps.map((step) => this.rotate(ciphertext, step));
  }

  add(a: Ciphertext, b: Ciphertext): Ciphertext {
    const sum = this.rotate(a, 0);
    this.addInPlace(sum, b);
    return sum;
  }

  addInPlace(a: Ciphertext, b: Ciphertext): void {
    this.#add(slotsOf(a), slotsOf(b));
  }

  addPlainInPlace(a: Ciphertext, b: Plaintext): void {
    this.#add(slotsOf(a), slotsOf(b));
  }

  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    return this.sumOfProducts([a], [b]);
  }

  sumOfProducts(ciphertexts: readonly Ciphertext[], plaintexts: readonly Plaintext[]): Ciphertext {
    const [first, weight] = [ciphertexts[0], plaintexts[0]];
    if (!first || !weight) throw new PlanError('a sum of no products');
    const values = new Float64Array(this.#slots);
    const squares = new Float64Array(this.#slots);
    ciphertexts.forEach((ciphertext, i) => {
      const factors = slotsOf(ciphertext).values;
      const weights = slotsOf(plaintexts[i]!).values;
      for (let slot = 0; slot < values.length; slot++) {
        const factor = factors[slot]!;
        values[slot]! += factor * weights[slot]!;
        squares[slot]! += factor * factor;
      }
    });
    const { level, scale, parts } = slotsOf(first);
    const sum = new Slots(values, level, scale * weight.scale, parts);
    // Each weight is off by a rounding, of which its factor makes an error.
    this.#addErrors(sum, scale * this.#errors.rounding, squares.map(Math.sqrt));
    return sum;
  }

  weightedSums(
    ciphertexts: readonly Ciphertext[],
    { rows, integers, shift }: IntegerMatrix,
    scale: number,
  ): Ciphertext[] {
    const columns = ciphertexts.length;
    const factor = (2 ** shift * slotsOf(ciphertexts[0]!).scale) / scale;
    return Array.from({ length: rows }, (_, row) => {
      const sum = new Float64Array(this.#slots);
      ciphertexts.forEach((ciphertext, column) => {
        const { values } = slotsOf(ciphertext);
        const weight = factor * integers[row * columns + column]!;
        if (weight !== 0) for (let slot = 0; slot < sum.length; slot++) sum[slot]! += weight * values[slot]!;
      });
      const { level, parts } = slotsOf(ciphertexts[0]!);
      return new Slots(sum, level, scale, parts);
    });
  }

  multiplyScalar(a: Ciphertext, value: number, scale: number): Ciphertext {
    const { values, level, scale: own, parts } = slotsOf(a);
    const rounded = Math.round(value * scale) / scale;
    return new Slots(
      values.map((each) => each * rounded),
      level,
      own * scale,
      parts,
    );
  }

  addScalarInPlace(a: Ciphertext, value: number): void {
    const own = slotsOf(a);
    own.values = own.values.map((each) => each + value);
  }

  multiply(a: Ciphertext, b: Ciphertext): Ciphertext {
    return this.#product(slotsOf(a), slotsOf(b), 3);
  }

  square(a: Ciphertext): Ciphertext {
    return this.multiply(a, a);
  }

  relinearizeInPlace(a: Ciphertext): void {
    const own = slotsOf(a);
    if (own.parts === 2) return;
    own.parts = 2;
    this.#switchKey(own);
  }

  rescaleInPlace(a: Ciphertext): void {
    const own = slotsOf(a);
    own.scale /= Number(this.parameters.primes[own.level]);
    own.level--;
    this.#divide(own);
  }

  dropToLevelInPlace(a: Ciphertext, level: number): void {
    slotsOf(a).level = level;
  }

  dispose(): void {}

  [Symbol.dispose](): void {}

  /** Where so many numbers of the table are read from. */
  #randomPlace(count: number): number {
    return this.#random.integer(this.#normals.length - count);
  }

  #addErrors({ values, scale }: Slots, deviation: number, bySlot?: Float64Array): void {
    const normals = this.#normals;
    const start = this.#randomPlace(values.length);
    const factor = deviation / scale;
    if (!bySlot) for (let slot = 0; slot < values.length; slot++) values[slot]! += factor * normals[start + slot]!;
    else
      for (let slot = 0; slot < values.length; slot++) values[slot]! += factor * bySlot[slot]! * normals[start + slot]!;
  }

  #divide(ciphertext: Slots): void {
    this.#addErrors(ciphertext, this.#errors.division, this.#ofParts.get(ciphertext.parts));
  }

  #switchKey(ciphertext: Slots): void {
    this.#addErrors(ciphertext, this.#errors.digits(ciphertext.level), this.#ofDigits);
    this.#divide(ciphertext);
  }

  #add(a: Slots, b: Slots): void {
    for (let slot = 0; slot < a.values.length; slot++) a.values[slot]! += b.values[slot]!;
  }

  #product(a: Slots, b: Slots, parts: number): Slots {
    const values = new Float64Array(this.#slots);
    for (let slot = 0; slot < values.length; slot++) values[slot] = a.values[slot]! * b.values[slot]!;
    return new Slots(values, a.level, a.scale * b.scale, parts);
  }
}
