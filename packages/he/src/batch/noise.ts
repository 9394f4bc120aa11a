import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { type Affine, evaluateAffine, type Source } from '../compile/affine.js';
import type { Activation, At } from '../plan/activation.js';
import { NoisyOperations } from '../plan/noise.js';

/** An affine map with where its results are, and what its weights are rounded to multiples of. */
export interface RoundedMap {
  readonly affine: Affine;
  readonly at: At;
  readonly unit: number;
}

/** A computation on a batch in float64 with the errors that ciphertexts have, drawn at random. */
export class NoisyBatch {
  readonly #operations: NoisyOperations;
  readonly #input: Source;

  constructor(parameters: ParametersWithPrimes, input: Source) {
    this.#operations = new NoisyOperations(parameters);
    this.#input = input;
  }

  /** What is decrypted in the end. */
  logits(
    layers: readonly { readonly map: RoundedMap; readonly activation: Activation; readonly source: Source }[],
    output: RoundedMap,
    inputScale: number,
    sample: ArrayLike<number>,
  ): Float64Array {
    const { fresh } = this.#operations.errors;
    const values = new Map<Source, ArrayLike<number>>([
      [this.#input, Float64Array.from(sample, (value) => this.#operations.noisy(value, fresh / inputScale))],
    ]);
    for (const { map, activation, source } of layers) {
      values.set(source, this.#operations.activation(activation, this.#map(map, values)));
    }
    return this.#map(output, values);
  }

  #map({ affine, at, unit }: RoundedMap, values: ReadonlyMap<Source, ArrayLike<number>>): Float64Array {
    const division = this.#operations.errors.division / at.scale;
    const rounding = unit / Math.sqrt(12);
    const squares = new Float64Array(affine.size);
    for (const [source, matrix] of affine.terms) {
      const own = values.get(source)!;
      for (let row = 0; row < affine.size; row++) {
        matrix.forRow(row, (column) => {
          squares[row]! += own[column]! ** 2;
        });
      }
    }
    return evaluateAffine(affine, values).map((value, row) => {
      return this.#operations.noisy(value, Math.hypot(division, rounding * Math.sqrt(squares[row]!)));
    });
  }
}
