import type { ParametersWithPrimes } from './parameters.js';

/** An encrypted vector of N/2 numbers that only the evaluator that made it looks into. */
export interface Ciphertext extends Disposable {
  /** How often it can still be rescaled; it has one prime more. */
  readonly level: number;
  /** What its numbers were multiplied by. */
  readonly scale: number;
  /** Frees its memory. */
  dispose(): void;
}

/** A vector of numbers, encoded for products and sums with ciphertexts of one level. */
export interface Plaintext extends Disposable {
  readonly level: number;
  readonly scale: number;
  dispose(): void;
}

/** What the integers of weights may be in absolute value: more would be below the errors of any ciphertext. */
export const MAX_WEIGHT: number = 2 ** 22;

/** A matrix of numbers to multiply ciphertexts by: integers times a power of two. */
export interface IntegerMatrix {
  readonly rows: number;
  /** By row, then by column; none is more than `MAX_WEIGHT` in absolute value. */
  readonly integers: Int32Array;
  /** All of them are multiplied by 2^shift. */
  readonly shift: number;
}

/**
 * What a server computes on ciphertexts; it holds no secret. Every operation gives a new ciphertext unless its name ends
 * with `InPlace`, and whoever asked for it disposes of it. Operands of one operation are of one level.
 */
export interface Evaluator extends Disposable {
  readonly parameters: ParametersWithPrimes;

  /**
   * Reads a ciphertext in SEAL's format, in which a seed may stand for the second half.
   *
   * @throws MalformedError where the bytes are not one of these parameters
   */
  load(bytes: Uint8Array): Ciphertext;
  /** Writes a ciphertext in SEAL's format, without compression. */
  save(ciphertext: Ciphertext): Uint8Array;

  /** Encodes N/2 numbers. All zeros are refused: a product with them would not be encrypted any more. */
  encode(values: Float64Array, scale: number, level: number): Plaintext;

  /** Slot i of the result is slot i + steps, cyclically; for steps of which the keys were loaded, or 0. */
  rotate(ciphertext: Ciphertext, steps: number): Ciphertext;
  /** Rotations of one ciphertext, which may share work. */
  rotateMany(ciphertext: Ciphertext, steps: readonly number[]): Ciphertext[];

  /** The scales must be the same but for rounding. */
  add(a: Ciphertext, b: Ciphertext): Ciphertext;
  addInPlace(a: Ciphertext, b: Ciphertext): void;
  addPlainInPlace(a: Ciphertext, b: Plaintext): void;
  /** The scale is the product of the two scales. */
  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext;
  /** Σ ciphertexts[i]·plaintexts[i] of one or more products, which have the same scale. */
  sumOfProducts(ciphertexts: readonly Ciphertext[], plaintexts: readonly Plaintext[]): Ciphertext;
  /**
   * For each row the sum of the ciphertexts times the numbers of the row, which stand for multiples of 1/scale. Every row must have
   * a number other than 0: its sum would not be encrypted.
   *
   * @param scale of the sums: that of each ciphertext times what its numbers were multiplied by
   */
  weightedSums(ciphertexts: readonly Ciphertext[], matrix: IntegerMatrix, scale: number): Ciphertext[];
  /**
   * The product with one number in all slots, which is rounded at the scale.
   *
   * @throws PlanError where it is rounded to 0: the product would not hide anything
   */
  multiplyScalar(a: Ciphertext, value: number, scale: number): Ciphertext;
  /** Adds one number to all slots. */
  addScalarInPlace(a: Ciphertext, value: number): void;
  /** Products of three parts, until `relinearizeInPlace` makes two of them. Their sums may be relinearized instead. */
  multiply(a: Ciphertext, b: Ciphertext): Ciphertext;
  square(a: Ciphertext): Ciphertext;
  relinearizeInPlace(a: Ciphertext): void;
  /** Divides numbers and scale by the last prime, which is dropped. */
  rescaleInPlace(a: Ciphertext): void;
  /** Drops primes without a division. */
  dropToLevelInPlace(a: Ciphertext, level: number): void;

  /** Ciphertexts and plaintexts that are alive. */
  readonly live: number;
  /** Frees the evaluator and its keys; ciphertexts that are alive must have been disposed of before. */
  dispose(): void;
}

/** The public keys that an evaluator computes with, as SEAL writes them. */
export interface EvaluationKeys {
  readonly relinearization?: Uint8Array;
  readonly galois?: Uint8Array;
}

/**
 * Makes an evaluator.
 *
 * @throws MalformedError where the keys are not of these parameters
 */
export type EvaluatorFactory = (parameters: ParametersWithPrimes, keys: EvaluationKeys) => Promise<Evaluator>;
