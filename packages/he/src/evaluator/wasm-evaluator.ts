import { getThreads } from '@pnn/nn';
import type { Ciphertext, EvaluationKeys, Evaluator, IntegerMatrix, Plaintext } from '../ckks/evaluator.js';
import { type ParametersWithPrimes, topLevel } from '../ckks/parameters.js';
import { checkMatrix, roundedAt } from '../ckks/scalars.js';
import { PlanError } from '../errors.js';
import { ModulusChain, readCiphertext, readPlaintext, writeCiphertext } from '../seal-format/index.js';
import { Encoder } from './encoder.js';
import { galoisElement } from './galois.js';
import { bestInstructions, type InstructionSet, type KernelName, moduleFor } from './kernels.js';
import { KeyStore } from './key-store.js';
import { FACTOR_BYTES, ModulusTable } from './modulus-table.js';
import { ResidueMemory, type ResidueViews, SKEW_BYTES } from './residue-memory.js';
import { expandSeeds } from './seeds.js';
import { Team } from './team.js';
import { WasmCiphertext, WasmPlaintext } from './wasm-ciphertext.js';

const RESIDUE_BYTES = 8;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
/** Residues of a block, and sums that are computed together, of the kernel `weightedSums`. */
const PART_RESIDUES = 64;
const TILE_ROWS = 4;
/** How far scales that should be the same may be apart: what roundings of doubles explain, and nothing else does. */
const SCALE_TOLERANCE = 2 ** -44;

/** The integers of a matrix by tile of rows, then by column, then by row, with zeros for rows that there are not. */
function tiled(integers: Int32Array, rows: number, columns: number): Int32Array {
  const tiles = new Int32Array(Math.ceil(rows / TILE_ROWS) * TILE_ROWS * columns);
  for (let row = 0; row < rows; row++) {
    const inTile = row % TILE_ROWS;
    const start = (row - inTile) * columns + inTile;
    for (let column = 0; column < columns; column++) {
      tiles[start + column * TILE_ROWS] = integers[row * columns + column]!;
    }
  }
  return tiles;
}

/** How an evaluator computes. */
export interface WasmEvaluatorOptions {
  /**
   * Threads, with the calling one. The bits of results do not depend on them.
   *
   * @default getThreads()
   */
  readonly threads?: number;
  /**
   * The instructions of the kernels. Without relaxed SIMD everything is computed in whole numbers, several times slower; Node 20 has
   * it when `enableRelaxedSimd()` was called before.
   *
   * @default the best that the platform has
   */
  readonly instructions?: InstructionSet;
}

/**
 * Computes on ciphertexts by kernels of its own, in SIMD and on several threads. It reads keys and ciphertexts of SEAL and gives the
 * bits that SEAL would, but for `rotateMany`, whose rotations share the work of cutting the ciphertext into digits: their errors
 * have the same size as SEAL's, and other bits. It holds no secret.
 *
 * Primes below 2^50 are several times as fast as wider ones.
 */
export class WasmEvaluator implements Evaluator {
  readonly parameters: ParametersWithPrimes;
  readonly #chain: ModulusChain;
  readonly #memory = new ResidueMemory();
  readonly #team: Team;
  readonly #table: ModulusTable;
  readonly #keys: KeyStore;
  readonly #encoder: Encoder;
  /** One residue with its quotient for each prime, for products with numbers. */
  readonly #factors: ResidueViews & { readonly address: number };
  #live = 0;

  /**
   * @throws MalformedError where the keys are not of these parameters
   * @throws PlatformError where the platform lacks threads in WebAssembly or SIMD
   */
  constructor(parameters: ParametersWithPrimes, keys: EvaluationKeys = {}, options: WasmEvaluatorOptions = {}) {
    const { threads = getThreads(), instructions = bestInstructions() } = options;
    this.parameters = parameters;
    this.#chain = new ModulusChain(parameters);
    this.#team = new Team(
      this.#memory,
      threads,
      moduleFor(instructions),
      this.#chain.firstLimbs * this.#extendedStride,
    );
    try {
      this.#table = new ModulusTable(this.#memory, this.#team, parameters);
      this.#keys = new KeyStore(this.#memory, this.#team, this.#table, this.#chain, keys);
    } catch (error) {
      this.#team.end();
      throw error;
    }
    this.#encoder = new Encoder(parameters.degree);
    const { keyLimbs } = this.#chain;
    const address = this.#memory.allocate(keyLimbs * FACTOR_BYTES);
    this.#factors = { address, ...this.#memory.residues(address, 2 * keyLimbs) };
  }

  get live(): number {
    return this.#live;
  }

  /** Bytes of keys, tables, ciphertexts and plaintexts, and bytes that were taken from the system. */
  get memoryBytes(): { readonly used: number; readonly total: number } {
    return { used: this.#memory.usedBytes, total: this.#memory.totalBytes };
  }

  get #limbBytes(): number {
    return this.parameters.degree * RESIDUE_BYTES;
  }

  /** Bytes from the values of one digit to those of the next. */
  get #extendedStride(): number {
    return this.#limbBytes + SKEW_BYTES;
  }

  get #special(): number {
    return this.#chain.keyLimbs - 1;
  }

  load(bytes: Uint8Array): WasmCiphertext {
    const { limbs, polynomials, scale, coefficients, seed } = readCiphertext(bytes, this.#chain);
    const ciphertext = this.#ciphertext(limbs, polynomials, scale);
    const polynomialBytes = limbs * this.#limbBytes;
    this.#withBuffer(polynomials * polynomialBytes, (staging) => {
      this.#memory.bytes(staging, coefficients.length).set(coefficients);
      if (seed) {
        const second = staging + polynomialBytes;
        expandSeeds(this.#memory, this.#team, this.#table, limbs, [seed], second, polynomialBytes);
      }
      this.#run('decode', ciphertext.parts, limbs, staging, ciphertext.address, ciphertext.stride);
    });
    return ciphertext;
  }

  save(ciphertext: Ciphertext): Uint8Array<ArrayBuffer> {
    const { limbs, polynomials, scale, parts, address, stride } = this.#own(ciphertext);
    const bytes = parts * this.#limbBytes;
    return this.#withBuffer(bytes, (staging) => {
      this.#run('encode', parts, limbs, address, stride, staging);
      const coefficients = this.#memory.bytes(staging, bytes);
      return writeCiphertext({ limbs, polynomials, scale, coefficients }, this.#chain);
    });
  }

  encode(values: Float64Array, scale: number, level: number): WasmPlaintext {
    const limbs = this.#limbsOf('encode', level);
    const { degree } = this.parameters;
    return this.#withBuffer(this.#limbBytes, (coefficients) => {
      const { double } = this.#memory.residues(coefficients, degree);
      this.#encoder.encode(values, scale, this.#bitsOf(limbs), double);
      const plaintext = this.#plaintext(limbs, scale);
      this.#run('transformIntegers', limbs, coefficients, plaintext.address);
      return plaintext;
    });
  }

  /**
   * Reads a plaintext in SEAL's format.
   *
   * @throws MalformedError where the bytes are not one of these parameters
   */
  loadPlaintext(bytes: Uint8Array): WasmPlaintext {
    const { limbs, scale, coefficients } = readPlaintext(bytes, this.#chain);
    const plaintext = this.#plaintext(limbs, scale);
    this.#withBuffer(coefficients.length, (staging) => {
      this.#memory.bytes(staging, coefficients.length).set(coefficients);
      this.#run('decode', limbs, limbs, staging, plaintext.address, 0);
    });
    return plaintext;
  }

  rotate(ciphertext: Ciphertext, steps: number): WasmCiphertext {
    const own = this.#own(ciphertext);
    const element = galoisElement(steps, this.parameters.degree);
    if (element === 1) return this.#copy(own);
    const key = this.#keys.galois(element, steps);
    this.#checkPolynomials('rotate', own, 2);
    const { limbs } = own;
    const result = this.#ciphertext(limbs, 2, own.scale);
    const values = own.polynomialAt(1);
    this.#withBuffer(limbs * this.#limbBytes, (digits) => {
      this.#run('digits', limbs, values, digits, element);
      this.#withSums(limbs, (sums) => {
        this.#sumExtended(limbs, values, digits, key.key, sums);
        this.#divideBySpecial(sums, limbs, own, 1, key.permutation, result);
      });
    });
    return result;
  }

  rotateMany(ciphertext: Ciphertext, steps: readonly number[]): WasmCiphertext[] {
    const own = this.#own(ciphertext);
    const { degree } = this.parameters;
    const elements = steps.map((each) => galoisElement(each, degree));
    if (elements.filter((element) => element !== 1).length < 2) return steps.map((each) => this.rotate(own, each));
    const keys = elements.map((element, i) => (element === 1 ? undefined : this.#keys.galois(element, steps[i]!)));
    this.#checkPolynomials('rotate', own, 2);
    const { limbs } = own;
    return this.#withExtended(own, (extended) =>
      keys.map((key) => {
        if (!key) return this.#copy(own);
        const result = this.#ciphertext(limbs, 2, own.scale);
        this.#withSums(limbs, (sums) => {
          this.#run(
            'innerProduct',
            limbs + 1,
            limbs,
            this.#special,
            own.polynomialAt(1),
            extended,
            this.#extendedStride,
            key.key,
            this.#keys.digitStride,
            sums,
          );
          this.#divideBySpecial(sums, limbs, own, 1, key.permutation, result);
        });
        return result;
      }),
    );
  }

  add(a: Ciphertext, b: Ciphertext): WasmCiphertext {
    const sum = this.#copy(this.#own(a));
    try {
      this.addInPlace(sum, b);
      return sum;
    } catch (error) {
      sum.dispose();
      throw error;
    }
  }

  addInPlace(a: Ciphertext, b: Ciphertext): void {
    this.#combineInPlace('add', a, b);
  }

  /** Takes one ciphertext from another. */
  subtractInPlace(a: Ciphertext, b: Ciphertext): void {
    this.#combineInPlace('subtract', a, b);
  }

  addPlainInPlace(a: Ciphertext, b: Plaintext): void {
    const ciphertext = this.#own(a);
    const plaintext = this.#ownPlaintext(b);
    this.#checkLevels('add', ciphertext, plaintext);
    this.#alignScale(ciphertext, plaintext);
    const { limbs, address, stride } = ciphertext;
    this.#run('add', limbs, limbs, address, stride, plaintext.address, 0, address, stride);
  }

  multiplyPlain(a: Ciphertext, b: Plaintext): WasmCiphertext {
    const ciphertext = this.#own(a);
    const plaintext = this.#ownPlaintext(b);
    this.#checkLevels('multiply', ciphertext, plaintext);
    const { limbs, polynomials, parts, address, stride } = ciphertext;
    const scale = this.#productScale(limbs, ciphertext.scale, plaintext.scale);
    const product = this.#ciphertext(limbs, polynomials, scale);
    this.#run('multiplyPlain', parts, limbs, address, stride, plaintext.address, product.address, product.stride);
    return product;
  }

  sumOfProducts(ciphertexts: readonly Ciphertext[], plaintexts: readonly Plaintext[]): WasmCiphertext {
    const factors = ciphertexts.map((each) => this.#own(each));
    const weights = plaintexts.map((each) => this.#ownPlaintext(each));
    const [first] = factors;
    if (first === undefined || factors.length !== weights.length) {
      throw new PlanError(`sumOfProducts: ${factors.length} ciphertexts and ${weights.length} plaintexts`);
    }
    const scale = this.#productScale(first.limbs, first.scale, weights[0]!.scale);
    for (const [i, factor] of factors.entries()) {
      this.#checkPolynomials('sumOfProducts', factor, first.polynomials);
      this.#checkLevels('sumOfProducts', first, factor);
      this.#checkLevels('sumOfProducts', first, weights[i]!);
      this.#checkScales('sumOfProducts', scale, factor.scale * weights[i]!.scale);
    }
    const { limbs, parts } = first;
    const sum = this.#ciphertext(limbs, first.polynomials, scale);
    const count = factors.length;
    this.#withBuffer(3 * count * Uint32Array.BYTES_PER_ELEMENT, (list) => {
      const words = this.#memory.words(list, 3 * count);
      for (const [i, factor] of factors.entries()) {
        words[i] = factor.address;
        words[count + i] = factor.stride;
        words[2 * count + i] = weights[i]!.address;
      }
      this.#run('sumOfProducts', parts, limbs, list, count, sum.address, sum.stride);
    });
    return sum;
  }

  weightedSums(ciphertexts: readonly Ciphertext[], matrix: IntegerMatrix, scale: number): WasmCiphertext[] {
    const factors = ciphertexts.map((each) => this.#own(each));
    const [first] = factors;
    checkMatrix(matrix, factors.length);
    if (first === undefined) throw new PlanError('weightedSums: there are no ciphertexts');
    const { rows, integers, shift } = matrix;
    for (const factor of factors) {
      this.#checkPolynomials('weightedSums', factor, 2);
      this.#checkLevels('weightedSums', first, factor);
    }
    const { limbs } = first;
    this.#checkScale(limbs, scale);
    const sums = Array.from({ length: rows }, () => this.#ciphertext(limbs, 2, scale));
    const columns = factors.length;
    const addresses = [
      ...factors.map(({ address }) => address),
      ...factors.map(({ stride }) => stride),
      ...sums.map(({ address }) => address),
      ...sums.map((sum) => sum.polynomialAt(1)),
    ];
    const weights = tiled(integers, rows, columns);
    this.#withBuffer(addresses.length * WORD_BYTES, (list) => {
      this.#memory.words(list, addresses.length).set(addresses);
      this.#withBuffer(weights.length * (RESIDUE_BYTES + WORD_BYTES), (doubles) => {
        this.#memory.residues(doubles, weights.length).double.set(weights);
        const words = doubles + weights.length * RESIDUE_BYTES;
        this.#memory.words(words, weights.length).set(weights);
        this.#withBuffer(2 * limbs * FACTOR_BYTES, (highFactors) => {
          const lowFactors = highFactors + limbs * FACTOR_BYTES;
          this.#table.writePowersOfTwo(highFactors, limbs, (limb) => this.#table.splitOf(limb) + shift);
          this.#table.writePowersOfTwo(lowFactors, limbs, () => shift);
          const blocks = 2 * limbs * (this.parameters.degree / PART_RESIDUES);
          this.#run('weightedSums', blocks, limbs, list, columns, rows, doubles, words, highFactors, lowFactors);
        });
      });
    });
    return sums;
  }

  multiplyScalar(a: Ciphertext, value: number, scale: number): WasmCiphertext {
    const { limbs, polynomials, parts, address, stride, scale: own } = this.#own(a);
    const product = this.#ciphertext(limbs, polynomials, this.#productScale(limbs, own, scale));
    if (!this.#writeScalar(value, scale, limbs)) {
      product.dispose();
      throw new PlanError(`multiply: ${value} is 0 at scale ${scale}: the product would not hide anything`);
    }
    this.#run('multiplyScalar', parts, limbs, address, stride, this.#factors.address, product.address, product.stride);
    return product;
  }

  /** Adds a number to all slots. */
  addScalarInPlace(a: Ciphertext, value: number): void {
    const { limbs, address, scale } = this.#own(a);
    if (this.#writeScalar(value, scale, limbs)) {
      this.#run('addScalar', limbs, address, this.#factors.address, address);
    }
  }

  multiply(a: Ciphertext, b: Ciphertext): WasmCiphertext {
    const first = this.#own(a);
    const second = this.#own(b);
    this.#checkPolynomials('multiply', first, 2);
    this.#checkPolynomials('multiply', second, 2);
    this.#checkLevels('multiply', first, second);
    const { limbs } = first;
    const product = this.#ciphertext(limbs, 3, this.#productScale(limbs, first.scale, second.scale));
    this.#run(
      'multiply',
      limbs,
      first.address,
      first.stride,
      second.address,
      second.stride,
      product.address,
      product.stride,
    );
    return product;
  }

  square(a: Ciphertext): WasmCiphertext {
    return this.multiply(a, a);
  }

  relinearizeInPlace(a: Ciphertext): void {
    const own = this.#own(a);
    const { limbs, scale } = own;
    if (own.polynomials === 2) return;
    const key = this.#keys.relinearization;
    const values = own.polynomialAt(2);
    const result = this.#ciphertext(limbs, 2, scale);
    this.#withBuffer(limbs * this.#limbBytes, (digits) => {
      this.#run('digits', limbs, values, digits, 0);
      this.#withSums(limbs, (sums) => {
        this.#sumExtended(limbs, values, digits, key, sums);
        this.#divideBySpecial(sums, limbs, own, 2, 0, result);
      });
    });
    own.takeOver(result);
  }

  rescaleInPlace(a: Ciphertext): void {
    const own = this.#own(a);
    const { polynomials, address, stride } = own;
    const last = own.limbs - 1;
    if (last === 0) throw new PlanError('rescale: the ciphertext has one prime only');
    const scale = own.scale / Number(this.parameters.primes[last]!);
    const result = this.#ciphertext(last, polynomials, scale);
    this.#withBuffer(polynomials * this.#limbBytes, (centered) => {
      this.#run('centerLast', polynomials, address, stride, last, last, centered);
      const inverses = this.#table.inversesOf(last);
      this.#run(
        'divideByLast',
        last * polynomials,
        last,
        address,
        stride,
        centered,
        last,
        inverses,
        0,
        0,
        0,
        0,
        result.address,
        result.stride,
      );
    });
    own.takeOver(result);
  }

  dropToLevelInPlace(a: Ciphertext, level: number): void {
    const own = this.#own(a);
    if (!(level >= 0 && level <= own.level))
      throw new PlanError(`drop: level ${level} is not one of 0 to ${own.level}`);
    own.drop(level + 1);
  }

  dispose(): void {
    this.#team.end();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #released = (): void => {
    this.#live--;
  };

  #run(name: KernelName, blocks: number, ...task: readonly number[]): void {
    this.#team.run(name, blocks, this.#table.address, ...task);
  }

  #ciphertext(limbs: number, polynomials: number, scale: number): WasmCiphertext {
    const { degree } = this.parameters;
    const made = new WasmCiphertext(this, this.#memory, this.#released, degree, limbs, polynomials, scale);
    this.#live++;
    return made;
  }

  #plaintext(limbs: number, scale: number): WasmPlaintext {
    const made = new WasmPlaintext(this, this.#memory, this.#released, this.parameters.degree, limbs, scale);
    this.#live++;
    return made;
  }

  #copy(own: WasmCiphertext): WasmCiphertext {
    const { limbs, polynomials, scale } = own;
    const copy = this.#ciphertext(limbs, polynomials, scale);
    for (let i = 0; i < polynomials; i++) this.#copyPolynomial(own.polynomialAt(i), copy.polynomialAt(i), limbs);
    return copy;
  }

  #copyPolynomial(from: number, to: number, limbs: number): void {
    const bytes = limbs * this.#limbBytes;
    this.#memory.bytes(to, bytes).set(this.#memory.bytes(from, bytes));
  }

  /** Memory that is given back when the function returns. */
  #withBuffer<T>(bytes: number, use: (address: number) => T): T {
    const address = this.#memory.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.#memory.release(address, bytes);
    }
  }

  /** Room for two polynomials with the special prime behind their limbs. */
  #withSums(limbs: number, use: (sums: number) => void): void {
    this.#withBuffer(2 * (limbs + 1) * this.#limbBytes, use);
  }

  /** The sums of digits, extended to all primes, and a key. */
  #sumExtended(limbs: number, values: number, digits: number, key: number, sums: number): void {
    this.#run(
      'extendedInnerProduct',
      limbs + 1,
      limbs,
      this.#special,
      values,
      digits,
      this.#extendedStride,
      key,
      this.#keys.digitStride,
      sums,
    );
  }

  /** All digits of the second polynomial modulo all primes of its level, but each digit's own, and the special one. */
  #withExtended<T>(own: WasmCiphertext, use: (extended: number) => T): T {
    const { limbs } = own;
    const values = own.polynomialAt(1);
    const pairs = (limbs + 1) * limbs;
    return this.#withBuffer(pairs * this.#extendedStride, (extended) => {
      this.#withBuffer(limbs * this.#limbBytes, (digits) => {
        this.#run('digits', limbs, values, digits, 0);
        this.#run('extend', pairs, limbs, this.#special, digits, extended, this.#extendedStride);
      });
      return use(extended);
    });
  }

  /** Divides sums by the special prime, adds so many of the first polynomials, and permutes the values. */
  #divideBySpecial(
    sums: number,
    limbs: number,
    summand: WasmCiphertext,
    summands: number,
    permutation: number,
    result: WasmCiphertext,
  ): void {
    const special = this.#special;
    const stride = (limbs + 1) * this.#limbBytes;
    this.#withBuffer(2 * this.#limbBytes, (centered) => {
      this.#run('centerLast', 2, sums, stride, limbs, special, centered);
      const inverses = this.#table.inversesOf(special);
      this.#run(
        'divideByLast',
        2 * limbs,
        limbs,
        sums,
        stride,
        centered,
        special,
        inverses,
        summand.address,
        summand.stride,
        summands,
        permutation,
        result.address,
        result.stride,
      );
    });
  }

  #combineInPlace(kernel: 'add' | 'subtract', a: Ciphertext, b: Ciphertext): void {
    const target = this.#own(a);
    const other = this.#own(b);
    this.#checkLevels(kernel, target, other);
    this.#alignScale(target, other);
    const { limbs } = target;
    const shared = Math.min(target.polynomials, other.polynomials);
    if (other.polynomials > target.polynomials) {
      const longer = this.#ciphertext(limbs, other.polynomials, target.scale);
      for (let i = 0; i < shared; i++) this.#copyPolynomial(target.polynomialAt(i), longer.polynomialAt(i), limbs);
      target.takeOver(longer);
      this.#moveRest(kernel, target, other, shared);
    }
    const { address, stride } = target;
    this.#run(kernel, shared * limbs, limbs, address, stride, other.address, other.stride, address, stride);
  }

  /** The polynomials that only the second operand has. */
  #moveRest(kernel: 'add' | 'subtract', target: WasmCiphertext, other: WasmCiphertext, from: number): void {
    const { limbs } = target;
    for (let i = from; i < other.polynomials; i++) {
      if (kernel === 'add') this.#copyPolynomial(other.polynomialAt(i), target.polynomialAt(i), limbs);
      else
        this.#run('negate', limbs, limbs, other.polynomialAt(i), other.stride, target.polynomialAt(i), target.stride);
    }
  }

  /** Writes a rounded number and its quotients for each prime; false where it is 0. */
  #writeScalar(value: number, scale: number, limbs: number): boolean {
    const rounded = roundedAt(value, scale, this.#bitsOf(limbs));
    if (rounded === 0n) return false;
    for (let limb = 0; limb < limbs; limb++) {
      const prime = this.parameters.primes[limb]!;
      this.#table.writeFactor(this.#factors, limb, ((rounded % prime) + prime) % prime);
    }
    return true;
  }

  #own(ciphertext: Ciphertext): WasmCiphertext {
    if (ciphertext instanceof WasmCiphertext && ciphertext.owner === this) return ciphertext;
    throw new PlanError('a ciphertext of another evaluator was passed');
  }

  #ownPlaintext(plaintext: Plaintext): WasmPlaintext {
    if (plaintext instanceof WasmPlaintext && plaintext.owner === this) return plaintext;
    throw new PlanError('a plaintext of another evaluator was passed');
  }

  #limbsOf(operation: string, level: number): number {
    const top = topLevel(this.parameters);
    if (Number.isInteger(level) && level >= 0 && level <= top) return level + 1;
    throw new PlanError(`${operation}: level ${level} is not one of 0 to ${top}`);
  }

  /** The bits of the product of so many primes. */
  #bitsOf(limbs: number): number {
    let bits = 0;
    for (let i = 0; i < limbs; i++) bits += Math.log2(Number(this.parameters.primes[i]!));
    return bits;
  }

  #productScale(limbs: number, a: number, b: number): number {
    return this.#checkScale(limbs, a * b);
  }

  #checkScale(limbs: number, scale: number): number {
    const bits = this.#bitsOf(limbs);
    if (scale > 0 && Math.log2(scale) < bits) return scale;
    throw new PlanError(
      `multiply: the scale ${scale} does not fit the ${bits.toFixed(1)} bits of level ${limbs - 1}: rescale before`,
    );
  }

  #checkLevels(operation: string, a: Ciphertext | Plaintext, b: Ciphertext | Plaintext): void {
    if (a.level !== b.level) throw new PlanError(`${operation}: levels ${a.level} and ${b.level} are not the same`);
  }

  #checkPolynomials(operation: string, { polynomials }: WasmCiphertext, expected: number): void {
    if (polynomials === expected) return;
    throw new PlanError(`${operation}: ${polynomials} polynomials instead of ${expected}: relinearize before`);
  }

  #checkScales(operation: string, a: number, b: number): void {
    if (Math.abs(a / b - 1) <= SCALE_TOLERANCE) return;
    throw new PlanError(`${operation}: the scales ${a} and ${b} are not the same`);
  }

  #alignScale(a: WasmCiphertext, b: Ciphertext | Plaintext): void {
    this.#checkScales('add', a.scale, b.scale);
    a.scale = b.scale;
  }
}
