import type { Ciphertext, EvaluationKeys, Evaluator, IntegerMatrix, Plaintext } from '../ckks/evaluator.js';
import { type ParametersWithPrimes, topLevel } from '../ckks/parameters.js';
import { checkMatrix, roundedAt } from '../ckks/scalars.js';
import { KeyError, MalformedError, PlanError } from '../errors.js';
import type { Handle, SealContext } from './context.js';
import { ScalarPlaintexts } from './scalar-plaintexts.js';

/** How far scales that should be the same may be apart: what roundings of doubles explain, and nothing else does. */
const SCALE_TOLERANCE = 2 ** -44;

class Held {
  #handle: Handle | undefined;
  readonly #released: () => void;

  constructor(handle: Handle, released: () => void) {
    this.#handle = handle;
    this.#released = released;
  }

  get handle(): Handle {
    if (!this.#handle) throw new PlanError('a ciphertext or plaintext was used after it had been disposed of');
    return this.#handle;
  }

  dispose(): void {
    if (!this.#handle) return;
    this.#handle.delete();
    this.#handle = undefined;
    this.#released();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

class SealPlaintext extends Held implements Plaintext {
  constructor(
    handle: Handle,
    released: () => void,
    readonly scale: number,
    readonly level: number,
  ) {
    super(handle, released);
  }
}

class SealCiphertext extends Held implements Ciphertext {
  readonly #context: SealContext;

  constructor(handle: Handle, released: () => void, context: SealContext) {
    super(handle, released);
    this.#context = context;
  }

  get level(): number {
    return this.#context.limbsOf(this.handle) - 1;
  }

  get scale(): number {
    return this.#context.scaleOf(this.handle);
  }
}

function handleOf(operand: Ciphertext | Plaintext): Handle {
  if (operand instanceof Held) return operand.handle;
  throw new PlanError('a ciphertext of another evaluator was passed');
}

function described(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Computes by SEAL, on one thread: the reference of other evaluators. Takes over the context. */
export class SealEvaluator implements Evaluator {
  readonly parameters: ParametersWithPrimes;
  readonly #context: SealContext;
  readonly #relinearization: Handle | undefined;
  readonly #galois: Handle | undefined;
  readonly #scalars: ScalarPlaintexts;
  #live = 0;

  /**
   * The bytes of keys and ciphertexts must have passed the structure check: SEAL crashes on others.
   *
   * @throws MalformedError where SEAL refuses the keys
   */
  constructor(
    context: SealContext,
    parameters: ParametersWithPrimes,
    { relinearization, galois }: EvaluationKeys = {},
  ) {
    this.#context = context;
    this.parameters = parameters;
    this.#scalars = new ScalarPlaintexts(parameters);
    try {
      this.#relinearization = relinearization && context.loadRelinearizationKeys(relinearization);
      this.#galois = galois && context.loadGaloisKeys(galois);
    } catch (error) {
      this.#relinearization?.delete();
      throw new MalformedError(`the evaluation keys are refused by SEAL: ${described(error)}`, { cause: error });
    }
  }

  get live(): number {
    return this.#live;
  }

  load(bytes: Uint8Array): Ciphertext {
    try {
      return this.#ciphertext(this.#context.loadCiphertext(bytes));
    } catch (error) {
      throw new MalformedError(`a ciphertext is refused by SEAL: ${described(error)}`, { cause: error });
    }
  }

  save(ciphertext: Ciphertext): Uint8Array {
    return this.#context.saveCiphertext(handleOf(ciphertext));
  }

  encode(values: Float64Array, scale: number, level: number): Plaintext {
    const slots = this.parameters.degree / 2;
    if (values.length !== slots) throw new PlanError(`encode: ${values.length} numbers for ${slots} slots`);
    if (values.every((value) => value === 0))
      throw new PlanError('encode: a plaintext of zeros would not hide anything');
    const top = topLevel(this.parameters);
    if (!(level >= 0 && level <= top)) throw new PlanError(`encode: level ${level} is not one of 0 to ${top}`);
    const handle = this.#context.encode(values, scale);
    try {
      this.#context.shortenPlaintext(handle, level + 1);
    } catch (error) {
      handle.delete();
      throw error;
    }
    this.#live++;
    return new SealPlaintext(handle, this.#released, scale, level);
  }

  rotate(ciphertext: Ciphertext, steps: number): Ciphertext {
    const handle = handleOf(ciphertext);
    if (steps === 0) return this.#ciphertext(this.#context.copy(handle));
    if (!this.#galois) throw new KeyError(`rotate: there are no keys to rotate by ${steps}`);
    return this.#ciphertext(this.#context.rotate(handle, steps, this.#galois));
  }

  rotateMany(ciphertext: Ciphertext, steps: readonly number[]): Ciphertext[] {
    return steps.map((each) => this.rotate(ciphertext, each));
  }

  add(a: Ciphertext, b: Ciphertext): Ciphertext {
    const sum = this.#ciphertext(this.#context.copy(handleOf(a)));
    try {
      this.addInPlace(sum, b);
    } catch (error) {
      sum.dispose();
      throw error;
    }
    return sum;
  }

  addInPlace(a: Ciphertext, b: Ciphertext): void {
    this.#alignScale(a, b);
    this.#context.addInPlace(handleOf(a), handleOf(b));
  }

  addPlainInPlace(a: Ciphertext, b: Plaintext): void {
    this.#alignScale(a, b);
    this.#context.addPlainInPlace(handleOf(a), handleOf(b));
  }

  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    return this.#ciphertext(this.#context.multiplyPlain(handleOf(a), handleOf(b)));
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
    if (!sum) throw new PlanError('a sum of no products');
    return sum;
  }

  weightedSums(ciphertexts: readonly Ciphertext[], matrix: IntegerMatrix, scale: number): Ciphertext[] {
    const columns = ciphertexts.length;
    checkMatrix(matrix, columns);
    const { rows, integers, shift } = matrix;
    const sums: Ciphertext[] = [];
    try {
      for (let row = 0; row < rows; row++) {
        let sum: Ciphertext | undefined;
        for (let column = 0; column < columns; column++) {
          const integer = integers[row * columns + column]!;
          if (integer === 0) continue;
          const ciphertext = ciphertexts[column]!;
          const product = this.#timesInteger(ciphertext, BigInt(integer) << BigInt(shift), scale / ciphertext.scale);
          if (!sum) {
            sum = product;
            sums.push(sum);
            this.#context.setScale(handleOf(sum), scale);
            continue;
          }
          this.#context.setScale(handleOf(product), scale);
          this.#context.addInPlace(handleOf(sum), handleOf(product));
          product.dispose();
        }
      }
      return sums;
    } catch (error) {
      for (const each of sums) each.dispose();
      throw error;
    }
  }

  multiplyScalar(a: Ciphertext, value: number, scale: number): Ciphertext {
    const integer = roundedAt(value, scale, this.#bitsOf(a.level));
    if (integer === 0n) {
      throw new PlanError(`multiply: ${value} is 0 at scale ${scale}: the product would not hide anything`);
    }
    return this.#timesInteger(a, integer, scale);
  }

  addScalarInPlace(a: Ciphertext, value: number): void {
    const { level, scale } = a;
    const integer = roundedAt(value, scale, this.#bitsOf(level));
    if (integer === 0n) return;
    const plaintext = this.#context.loadPlaintext(this.#scalars.bytesOf(integer, scale, level));
    try {
      this.#context.addPlainInPlace(handleOf(a), plaintext);
    } finally {
      plaintext.delete();
    }
  }

  multiply(a: Ciphertext, b: Ciphertext): Ciphertext {
    return this.#ciphertext(this.#context.multiply(handleOf(a), handleOf(b)));
  }

  square(a: Ciphertext): Ciphertext {
    return this.#ciphertext(this.#context.square(handleOf(a)));
  }

  relinearizeInPlace(a: Ciphertext): void {
    if (!this.#relinearization) throw new KeyError('relinearize: there is no relinearization key');
    this.#context.relinearizeInPlace(handleOf(a), this.#relinearization);
  }

  rescaleInPlace(a: Ciphertext): void {
    this.#context.rescaleInPlace(handleOf(a));
  }

  dropToLevelInPlace(a: Ciphertext, level: number): void {
    if (!(level >= 0 && level <= a.level)) throw new PlanError(`drop: level ${level} is not one of 0 to ${a.level}`);
    while (a.level > level) this.#context.dropInPlace(handleOf(a));
  }

  dispose(): void {
    this.#relinearization?.delete();
    this.#galois?.delete();
    this.#context.delete();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #released = () => {
    this.#live--;
  };

  /** The bits of the product of the primes of a level. */
  #bitsOf(level: number): number {
    return this.parameters.primes.slice(0, level + 1).reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  }

  #timesInteger(a: Ciphertext, integer: bigint, scale: number): Ciphertext {
    const plaintext = this.#context.loadPlaintext(this.#scalars.bytesOf(integer, scale, a.level));
    try {
      return this.#ciphertext(this.#context.multiplyPlain(handleOf(a), plaintext));
    } finally {
      plaintext.delete();
    }
  }

  #ciphertext(handle: Handle): SealCiphertext {
    this.#live++;
    return new SealCiphertext(handle, this.#released, this.#context);
  }

  /** SEAL wants equal doubles, and the order of roundings makes a difference in the last bit. */
  #alignScale(a: Ciphertext, b: Ciphertext | Plaintext): void {
    if (a.scale === b.scale) return;
    if (Math.abs(a.scale / b.scale - 1) > SCALE_TOLERANCE) {
      throw new PlanError(`add: the scales ${a.scale} and ${b.scale} are not the same`);
    }
    this.#context.setScale(handleOf(a), b.scale);
  }
}
