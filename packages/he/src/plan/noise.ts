import { Generator } from '@pnn/nn';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Activation, At } from './activation.js';

/** Standard deviation of the errors of fresh encryptions and keys, as in SEAL. */
const SIGMA = 3.2;

/**
 * Variance that rounded coefficients of a plaintext count with. It is twice 1/12: polynomials of real numbers are symmetric, so that
 * errors of rounding are real numbers in slots, too, and none of their variance is imaginary.
 */
const ROUNDED = 1 / 6;

/**
 * Standard deviations of errors in a slot, times the scale there. An error whose coefficients have variance v has variance
 * N·v/2 in the real part of a slot; a product with the ternary secret multiplies v by 2N/3 (Cheon et al., 2016, 2018).
 */
export class Errors {
  readonly #degree: number;
  readonly #primes: readonly number[];

  constructor({ degree, primes }: ParametersWithPrimes) {
    this.#degree = degree;
    this.#primes = primes.map(Number);
  }

  #inSlot(variance: number): number {
    return Math.sqrt((this.#degree * variance) / 2);
  }

  /** A fresh symmetric encryption of rounded numbers. */
  get fresh(): number {
    return this.#inSlot(SIGMA ** 2 + ROUNDED);
  }

  /** Rounding of a plaintext. */
  get rounding(): number {
    return this.#inSlot(ROUNDED);
  }

  /** Rounding of both parts of a ciphertext when primes are divided out. */
  get division(): number {
    return this.#inSlot((1 + (2 * this.#degree) / 3) / 12);
  }

  /** A rotation or relinearization at a level, over all slots. */
  keySwitch(level: number): number {
    return Math.hypot(this.digits(level), this.division);
  }

  /**
   * The part of it that comes from the errors of keys. SEAL's digits go from 0 to a prime, so that their mean square is a
   * third of its square.
   */
  digits(level: number): number {
    const special = this.#primes.at(-1)!;
    const squares = this.#primes.slice(0, level + 1).reduce((sum, prime) => sum + (prime / special) ** 2 / 3, 0);
    return this.#inSlot(squares * this.#degree * SIGMA ** 2);
  }
}

/**
 * How the variance of errors of keys is spread over slots, with a mean of 1. Digits from 0 to q are q/2 on average, and a
 * polynomial whose coefficients are all 1 is 2/(1 − ζ) at a root ζ of X^N + 1: large in the slots whose roots are near 1,
 * such as slot 0.
 */
export function spreadOfDigits(degree: number): Float64Array {
  let exponent = 1;
  return Float64Array.from({ length: degree / 2 }, () => {
    // |1 − e^(iπk/N)| = 2 sin(πk/2N)
    const size = 1 / Math.sin((Math.PI * exponent) / (2 * degree));
    exponent = (3 * exponent) % (2 * degree);
    return 1 / 4 + (3 / 4) * (size ** 2 / degree);
  });
}

/** Operations in float64 with the errors that ciphertexts have, drawn at random. */
export class NoisyOperations {
  readonly errors: Errors;
  readonly #primes: readonly number[];
  readonly #random = new Generator(1, 'ckks-noise');

  constructor(parameters: ParametersWithPrimes) {
    this.errors = new Errors(parameters);
    this.#primes = parameters.primes.map(Number);
  }

  noisy(value: number, deviation: number): number {
    return value + deviation * this.#random.normal();
  }

  /** A polynomial of every element. */
  activation({ instructions, polynomialOf }: Activation, x: Float64Array): Float64Array {
    const made: Float64Array[] = [];
    const divided = ({ level, scale }: At, relinearized: boolean) => {
      const keys = relinearized ? this.errors.keySwitch(level + 1) / this.#primes[level + 1]! : 0;
      return Math.hypot(this.errors.division, keys) / scale;
    };
    for (const instruction of instructions) {
      if (instruction.kind === 'input') made.push(x);
      else if (instruction.kind === 'product') {
        const deviation = divided(instruction, true);
        const [a, b] = [made[instruction.a]!, made[instruction.b]!];
        made.push(a.map((value, i) => this.noisy(value * b[i]!, deviation)));
      } else {
        const { doubled, scaled, constant } = instruction;
        const deviation = scaled.length > 0 ? divided(instruction, false) : 0;
        const weights = scaled.map(({ plaintextScale }) => this.errors.rounding / plaintextScale);
        made.push(
          x.map((_, i) => {
            const which = polynomialOf?.[i] ?? 0;
            let sum = constant[which]!;
            for (const { operand, doublings } of doubled) sum += 2 ** doublings * made[operand]![i]!;
            scaled.forEach(({ operand, factor }, k) => {
              sum += this.noisy(factor[which]!, weights[k]!) * made[operand]![i]!;
            });
            return this.noisy(sum, deviation);
          }),
        );
      }
    }
    return made.at(-1)!;
  }
}
