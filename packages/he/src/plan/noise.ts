import { Generator } from '@pnn/nn';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { evaluateAffine, type Source } from '../compile/affine.js';
import type { Activation, At } from './activation.js';
import type { Matvec } from './matvec.js';
import type { PlannedLayer, PlannedMap } from './plan.js';

/** Standard deviation of the errors of fresh encryptions and keys, as in SEAL. */
const SIGMA = 3.2;

/**
 * Standard deviations of errors in a slot, times the scale there. An error whose coefficients have variance v has variance
 * N·v/2 in the real part of a slot; a product with the ternary secret multiplies v by 2N/3 (Cheon et al., 2016, 2018).
 */
class Errors {
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
    return this.#inSlot(SIGMA ** 2 + 1 / 12);
  }

  /** Rounding of a plaintext. */
  get rounding(): number {
    return this.#inSlot(1 / 12);
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

/** A computation of a plan in float64 with the errors that ciphertexts have, drawn at random. */
export class NoisyRun {
  readonly #parameters: ParametersWithPrimes;
  readonly #operations: NoisyOperations;
  readonly #spread: Float64Array;
  readonly #input: Source;

  constructor(parameters: ParametersWithPrimes, input: Source) {
    this.#parameters = parameters;
    this.#operations = new NoisyOperations(parameters);
    this.#spread = spreadOfDigits(parameters.degree);
    this.#input = input;
  }

  /** What is decrypted in the end. */
  logits(
    layers: readonly PlannedLayer[],
    output: PlannedMap,
    inputScale: number,
    sample: ArrayLike<number>,
  ): Float64Array {
    const values = new Map<Source, ArrayLike<number>>([[this.#input, sample]]);
    for (const { map, activation, source, refresh } of layers) {
      const result = this.#operations.activation(activation, this.#map(map, inputScale, values));
      const deviation = this.#operations.errors.fresh / inputScale;
      values.set(source, refresh ? result.map((value) => this.#operations.noisy(value, deviation)) : result);
    }
    // The client takes means over the copies of a logit, of which those that were not folded together have errors of their
    // own: twice the error of independent ones is what they keep.
    const { layout, folds } = output.matvec;
    const copies = this.#spread.length / (layout.period * 2 ** folds.length);
    return this.#map(output, inputScale, values, Math.min(1, 2 / Math.sqrt(copies)));
  }

  #map(
    { affine, matvec, at, foldsFirst }: PlannedMap,
    inputScale: number,
    values: ReadonlyMap<Source, ArrayLike<number>>,
    share = 1,
  ): Float64Array {
    const { errors } = this.#operations;
    const result = evaluateAffine(affine, values);
    const rotations = rotationsOf(matvec);
    const parts = 2 ** matvec.folds.length;
    const prime = Number(this.#parameters.primes[at.level + 1]);
    // Errors of rotations in front of the rescale are divided by its prime.
    const before = errors.keySwitch(at.level + 1) / prime;
    const [rescales, scaleOfFolds] = foldsFirst ? [1, prime] : [parts, 1];
    const foldLevel = foldsFirst ? at.level + 1 : at.level;
    const others = Math.hypot(
      errors.division * Math.sqrt(rescales),
      before * Math.sqrt(parts * rotations),
      (errors.division / scaleOfFolds) * Math.sqrt(parts),
    );
    const digits = errors.digits(foldLevel) / scaleOfFolds;
    let plaintexts = 0;
    for (const source of affine.terms.keys()) {
      const own = values.get(source)!;
      const square = Array.from(own).reduce((sum, value) => sum + value * value, 0);
      // Each entry of a row meets a rounded weight, and rounded zeros meet the other slots.
      plaintexts += square + (matvec.diagonals.length * parts * square) / own.length;
    }
    // Plaintexts have about the scale of their result.
    const ofWeights = (errors.rounding * Math.sqrt(plaintexts)) / at.scale;
    const ofInput = affine.terms.get(this.#input);
    return result.map((value, row) => {
      let fresh = 0;
      ofInput?.forRow(row, (_, weight) => {
        fresh += weight * weight;
      });
      const input = (errors.fresh / inputScale) * Math.sqrt(fresh);
      const folds = digits * Math.sqrt(this.#spreadInFolds(matvec, row));
      return this.#operations.noisy(value, share * Math.hypot(input, others / at.scale, folds / at.scale, ofWeights));
    });
  }

  /** The sum of the spread over the slots from which errors of folds come to a result: those of a fold go through all later ones. */
  #spreadInFolds({ folds, layout }: Matvec, row: number): number {
    const slots = this.#spread.length;
    let sum = 0;
    for (const step of folds) {
      for (let slot = layout.places[row]! % (2 * step); slot < slots; slot += 2 * step) sum += this.#spread[slot]!;
    }
    // Copies of a result are added up once.
    return sum / (slots / (layout.period * 2 ** folds.length));
  }
}

/** Rotations that go into one result of an affine map, but for the folds. */
function rotationsOf({ diagonals }: Matvec): number {
  const rotated = new Set(diagonals.filter(({ baby }) => baby !== 0).map(({ operand, baby }) => `${operand},${baby}`));
  const giants = new Set(diagonals.filter(({ giant }) => giant !== 0).map(({ result, giant }) => `${result},${giant}`));
  return rotated.size + giants.size;
}
