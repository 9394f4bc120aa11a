import type { Ciphertext, Evaluator, IntegerMatrix, Plaintext } from '../src/ckks/evaluator.js';
import { type ParametersWithPrimes, topLevel } from '../src/ckks/parameters.js';

/** Slots as they are, with a level, a scale and the number of parts, as ciphertexts and plaintexts have them. */
class Slots implements Ciphertext, Plaintext {
  #disposed = false;

  constructor(
    readonly evaluator: SlotsEvaluator,
    public values: Float64Array,
    public level: number,
    public scale: number,
    public parts = 2,
  ) {
    evaluator.live++;
  }

  check(): void {
    if (this.#disposed) throw new Error('used after it was disposed of');
  }

  dispose(): void {
    this.check();
    this.#disposed = true;
    this.evaluator.live--;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const slotsOf = (operand: Ciphertext | Plaintext): Slots => {
  const own = operand as Slots;
  own.check();
  return own;
};

/**
 * Computes on numbers that are not encrypted, and checks what CKKS asks for: equal levels and scales in sums, scales below
 * the modulus, keys for every rotation, relinearization in front of rotations.
 */
export class SlotsEvaluator implements Evaluator {
  live = 0;
  readonly #steps: ReadonlySet<number>;

  constructor(
    readonly parameters: ParametersWithPrimes,
    steps: readonly number[],
  ) {
    this.#steps = new Set(steps);
  }

  get #count(): number {
    return this.parameters.degree / 2;
  }

  /** A message of numbers: what `load` and `save` pass on. */
  static message(values: Float64Array, level: number, scale: number): Uint8Array {
    return new Uint8Array(Float64Array.of(level, scale, ...values).buffer);
  }

  static numbers(bytes: Uint8Array): Float64Array {
    return new Float64Array(bytes.buffer, bytes.byteOffset).slice(2);
  }

  load(bytes: Uint8Array): Ciphertext {
    const [level = 0, scale = 0] = new Float64Array(bytes.buffer, bytes.byteOffset);
    return new Slots(this, SlotsEvaluator.numbers(bytes), level, scale);
  }

  save(ciphertext: Ciphertext): Uint8Array {
    const { values, level, scale } = slotsOf(ciphertext);
    return SlotsEvaluator.message(values, level, scale);
  }

  encode(values: Float64Array, scale: number, level: number): Plaintext {
    if (values.every((value) => value === 0)) throw new Error('a plaintext of zeros');
    if (level < 0 || level > topLevel(this.parameters) || !(scale > 1))
      throw new Error(`level ${level}, scale ${scale}`);
    return new Slots(this, values.slice(), level, scale);
  }

  rotate(ciphertext: Ciphertext, steps: number): Ciphertext {
    const { values, level, scale, parts } = slotsOf(ciphertext);
    const count = this.#count;
    const step = ((steps % count) + count) % count;
    if (step !== 0 && !this.#steps.has(step)) throw new Error(`no key for ${steps}`);
    if (step !== 0 && parts !== 2) throw new Error('rotated before it was relinearized');
    return new Slots(
      this,
      values.map((_, i) => values[(i + step) % count]!),
      level,
      scale,
      parts,
    );
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
    return this.#product(slotsOf(a), slotsOf(b), slotsOf(a).parts);
  }

  sumOfProducts(ciphertexts: readonly Ciphertext[], plaintexts: readonly Plaintext[]): Ciphertext {
    let sum: Ciphertext | undefined;
    for (const [i, ciphertext] of ciphertexts.entries()) {
      const product = this.multiplyPlain(ciphertext, plaintexts[i]!);
      if (!sum) {
        sum = product;
        continue;
      }
      this.addInPlace(sum, product);
      product.dispose();
    }
    if (!sum) throw new Error('a sum of no products');
    return sum;
  }

  weightedSums(ciphertexts: readonly Ciphertext[], matrix: IntegerMatrix, scale: number): Ciphertext[] {
    const { rows, integers, shift } = matrix;
    const factors = ciphertexts.map(slotsOf);
    const [{ level }] = factors as [Slots];
    if (factors.some((each) => each.level !== level)) throw new Error('levels differ in a sum');
    const modulus = this.parameters.bits.slice(0, level + 1).reduce((sum, bits) => sum + bits, 0);
    if (Math.log2(scale) >= modulus) throw new Error(`a scale of ${Math.log2(scale)} bits in ${modulus} bits`);
    return Array.from({ length: rows }, (_, row) => {
      const own = integers.subarray(row * factors.length, (row + 1) * factors.length);
      if (own.every((integer) => integer === 0)) throw new Error('a sum of nothing');
      const values = new Float64Array(this.#count);
      factors.forEach((factor, column) => {
        const weight = (own[column]! * 2 ** shift * factor.scale) / scale;
        for (let i = 0; i < values.length; i++) values[i]! += weight * factor.values[i]!;
      });
      return new Slots(this, values, level, scale);
    });
  }

  multiplyScalar(a: Ciphertext, value: number, scale: number): Ciphertext {
    const plaintext = this.encode(new Float64Array(this.#count).fill(value), scale, a.level);
    const product = this.multiplyPlain(a, plaintext);
    plaintext.dispose();
    return product;
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
    slotsOf(a).parts = 2;
  }

  rescaleInPlace(a: Ciphertext): void {
    const own = slotsOf(a);
    own.scale /= Number(this.parameters.primes[own.level]);
    own.level--;
    if (own.level < 0) throw new Error('no level is left');
  }

  dropToLevelInPlace(a: Ciphertext, level: number): void {
    const own = slotsOf(a);
    if (level > own.level || level < 0) throw new Error(`from level ${own.level} to ${level}`);
    own.level = level;
  }

  dispose(): void {}

  [Symbol.dispose](): void {}

  #add(a: Slots, b: Slots): void {
    if (a.level !== b.level) throw new Error(`levels ${a.level} and ${b.level} in a sum`);
    if (Math.abs(a.scale / b.scale - 1) > 1e-12) throw new Error(`scales ${a.scale} and ${b.scale} in a sum`);
    a.values = a.values.map((value, i) => value + b.values[i]!);
  }

  #product(a: Slots, b: Slots, parts: number): Slots {
    if (a.level !== b.level) throw new Error(`levels ${a.level} and ${b.level} in a product`);
    if (a.parts !== 2 || b.parts !== 2) throw new Error('a product of three parts is multiplied');
    const scale = a.scale * b.scale;
    const modulus = this.parameters.bits.slice(0, a.level + 1).reduce((sum, bits) => sum + bits, 0);
    if (Math.log2(scale) >= modulus) throw new Error(`a scale of ${Math.log2(scale)} bits in ${modulus} bits`);
    return new Slots(
      this,
      a.values.map((value, i) => value * b.values[i]!),
      a.level,
      scale,
      parts,
    );
  }
}
