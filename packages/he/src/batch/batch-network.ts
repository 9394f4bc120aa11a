import type { Ciphertext, Evaluator } from '../ckks/evaluator.js';
import type { Source } from '../compile/affine.js';
import { MalformedError } from '../errors.js';
import { type Coefficients, runInstructions } from '../run/instructions.js';
import { Owned } from '../run/owned.js';
import type { BatchMap, WeightGroup } from './map.js';
import type { BatchLayer, RunnableBatchPlan } from './plan.js';
import { placesOf, usesOf } from './uses.js';

/** The elements of a source that are there; what no map needs any more is gone. */
type Elements = (Ciphertext | undefined)[];

/**
 * The network of a plan for batches, ready to run on ciphertexts. It takes over the evaluator. Ciphertexts come in pieces of any
 * size, and those that no later layer needs are freed as soon as they are used up.
 */
export class BatchNetwork implements Disposable {
  readonly plan: RunnableBatchPlan;
  readonly #evaluator: Evaluator;
  #loaded = new Owned();
  #inputs: Ciphertext[] = [];

  constructor(plan: RunnableBatchPlan, evaluator: Evaluator) {
    this.plan = plan;
    this.#evaluator = evaluator;
  }

  /** Ciphertexts that are alive: none before a batch and after it. */
  get live(): number {
    return this.#evaluator.live;
  }

  /** How many ciphertexts of the batch were loaded. */
  get loaded(): number {
    return this.#inputs.length;
  }

  /**
   * Takes the next ciphertexts of the batch, in the order of the elements of the plan.
   *
   * @param inputs as the client has encrypted them, in the format of SEAL
   * @throws MalformedError where they are not as the plan says, or more than it says; the whole batch is forgotten then
   */
  load(inputs: readonly Uint8Array[]): void {
    const { input, elements } = this.plan;
    try {
      if (this.loaded + inputs.length > elements.length) {
        throw new MalformedError(`${this.loaded + inputs.length} ciphertexts instead of ${elements.length}`);
      }
      for (const bytes of inputs) {
        const ciphertext = this.#loaded.add(this.#evaluator.load(bytes));
        const { level, scale } = ciphertext;
        if (level !== input.level || scale !== input.scale) {
          throw new MalformedError(
            `a ciphertext of level ${level} and scale ${scale} instead of ${input.level} and ${input.scale}`,
          );
        }
        this.#inputs.push(ciphertext);
      }
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Forgets what was loaded. */
  forget(): void {
    this.#loaded.dispose();
    this.#inputs = [];
  }

  /**
   * Runs the network on the batch that was loaded, which is gone then.
   *
   * @returns ciphertexts of the logits, one for each
   * @throws MalformedError where ciphertexts are missing
   */
  run(): Uint8Array[] {
    const { elements, source, layers, output } = this.plan;
    const owned = this.#loaded;
    const inputs = this.#inputs;
    this.#loaded = new Owned();
    this.#inputs = [];
    try {
      if (inputs.length !== elements.length) {
        throw new MalformedError(`${inputs.length} ciphertexts instead of ${elements.length}`);
      }
      const values = new Map<Source, Elements>([[source, []]]);
      elements.forEach((element, i) => {
        values.get(source)![element] = inputs[i];
      });
      const left = usesOf([...layers.map(({ map }) => map), output]);
      for (const layer of layers) {
        const results: Elements = [];
        values.set(layer.source, results);
        this.#runMap(layer.map, values, left, owned, (sum, row) => {
          results[row] = owned.add(this.#activate(layer, sum, row));
        });
      }
      const logits: Uint8Array[] = [];
      this.#runMap(output, values, left, owned, (sum, row) => {
        logits[row] = this.#evaluator.save(sum);
        sum.dispose();
      });
      return logits;
    } finally {
      owned.dispose();
    }
  }

  dispose(): void {
    this.forget();
    this.#evaluator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Computes the rows of a map, and gives each to `take`, which owns it from then on. */
  #runMap(
    map: BatchMap,
    values: ReadonlyMap<Source, Elements>,
    left: ReadonlyMap<Source, Int32Array>,
    owned: Owned,
    take: (sum: Ciphertext, row: number) => void,
  ): void {
    const places = placesOf(map);
    for (const group of map.groups) {
      const own = new Owned();
      try {
        const sums = this.#sumsOf(map, group, places, values, own);
        for (const column of group.columns) {
          const [source, element] = places[column]!;
          const uses = left.get(source)!;
          uses[element]!--;
          const ciphertext = values.get(source)![element];
          if (uses[element] !== 0 || !ciphertext) continue;
          owned.release(ciphertext);
          values.get(source)![element] = undefined;
        }
        group.rows.forEach((row, i) => {
          const sum = sums[i]!;
          this.#evaluator.rescaleInPlace(sum);
          this.#evaluator.addScalarInPlace(sum, map.constant[row]!);
          take(own.take(sum), row);
        });
      } finally {
        own.dispose();
      }
    }
  }

  #sumsOf(
    { at }: BatchMap,
    { columns, matrix }: WeightGroup,
    places: readonly (readonly [Source, number])[],
    values: ReadonlyMap<Source, Elements>,
    own: Owned,
  ): Ciphertext[] {
    const evaluator = this.#evaluator;
    const copies = new Owned();
    try {
      const operands = Array.from(columns, (column) => {
        const [source, element] = places[column]!;
        const operand = values.get(source)![element]!;
        if (operand.level === at.level + 1) return operand;
        const copy = copies.add(evaluator.rotate(operand, 0));
        evaluator.dropToLevelInPlace(copy, at.level + 1);
        return copy;
      });
      const prime = Number(this.plan.parameters.primes[at.level + 1]!);
      return evaluator.weightedSums(operands, matrix, at.scale * prime).map((sum) => own.add(sum));
    } finally {
      copies.dispose();
    }
  }

  /** The polynomial of one element, of which there may be one for each channel. */
  #activate({ activation }: BatchLayer, x: Ciphertext, row: number): Ciphertext {
    const evaluator = this.#evaluator;
    const { instructions, polynomialOf } = activation;
    const which = polynomialOf?.[row] ?? 0;
    const coefficients: Coefficients = {
      times(operand, { factor, plaintextScale }) {
        const value = factor[which]!;
        // Where another polynomial has a term that this one lacks: the least number there is, below the rounding of others.
        const least = 1 / plaintextScale;
        return evaluator.multiplyScalar(operand, Math.abs(value) < least ? least : value, plaintextScale);
      },
      addConstant: (sum, { constant }) => evaluator.addScalarInPlace(sum, constant[which]!),
    };
    return runInstructions(evaluator, instructions, x, coefficients);
  }
}
