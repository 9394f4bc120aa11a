import type { Ciphertext, Evaluator, Plaintext } from '../ckks/evaluator.js';
import type { Source } from '../compile/affine.js';
import { MalformedError, PlanError } from '../errors.js';
import type { At, Instruction } from '../plan/activation.js';
import type { Diagonal } from '../plan/matvec.js';
import type { PlannedLayer, PlannedMap, RunnablePlan } from '../plan/plan.js';
import { atLevel, runInstructions } from './instructions.js';
import { Owned } from './owned.js';

export type { RunnablePlan } from '../plan/plan.js';

interface EncodedDiagonal extends Diagonal {
  /** Undefined where all that would be kept is too much: these are encoded when they are needed. */
  readonly weights: Plaintext | undefined;
  readonly weightScale: number;
}

interface EncodedMap extends PlannedMap {
  readonly encoded: readonly EncodedDiagonal[];
  readonly constants: readonly (Plaintext | undefined)[];
}

/** Plaintexts of an instruction: for each ciphertext of the layer those of the scaled terms, and the constant. */
interface EncodedInstruction {
  readonly instruction: Instruction;
  readonly factors: readonly (readonly Plaintext[])[];
  readonly constants: readonly (Plaintext | undefined)[];
}

interface EncodedLayer {
  readonly map: EncodedMap;
  readonly instructions: readonly EncodedInstruction[];
  readonly source: Source;
  readonly refresh: At | undefined;
}

const BYTES_OF_RESIDUE = 8;
/** What fits beside 1 GiB of keys and ciphertexts in the memory of an evaluator. */
const DEFAULT_KEPT_BYTES = 2.5 * 2 ** 30;

/** How a network is kept. */
export interface NetworkOptions {
  /**
   * Bytes of encoded weights that are kept from run to run. What is beyond is encoded in each run, which takes as long as ten
   * products.
   *
   * @default 2.5 GiB
   */
  readonly maxKeptBytes?: number;
}

/** The network of a plan, ready to run on ciphertexts: its weights are encoded once, as far as there is room. It takes over the evaluator. */
export class EncryptedNetwork implements Disposable {
  readonly plan: RunnablePlan;
  readonly #evaluator: Evaluator;
  readonly #plaintexts: Plaintext[] = [];
  readonly #maxKeptBytes: number;
  #keptBytes = 0;
  readonly #layers: readonly EncodedLayer[];
  readonly #output: EncodedMap;

  constructor(plan: RunnablePlan, evaluator: Evaluator, { maxKeptBytes = DEFAULT_KEPT_BYTES }: NetworkOptions = {}) {
    this.plan = plan;
    this.#evaluator = evaluator;
    this.#maxKeptBytes = maxKeptBytes;
    const at = new Map<Source, At>([[plan.source, plan.input]]);
    this.#layers = plan.layers.map((layer) => {
      const encoded = this.#layer(layer, at);
      at.set(layer.source, layer.refresh ? plan.input : layer.activation.instructions.at(-1)!);
      return encoded;
    });
    this.#output = this.#map(plan.output, at);
  }

  /** Ciphertexts and plaintexts that are alive: as many before a run as after it. */
  get live(): number {
    return this.#evaluator.live;
  }

  /**
   * Runs the network.
   *
   * @param inputs as the client has encrypted them, in the format of SEAL
   * @param refreshed for plans with refreshes: decrypts ciphertexts and encrypts them again, as the client does
   * @returns ciphertexts of the logits
   * @throws MalformedError where they are not as the plan says
   */
  run(
    inputs: readonly Uint8Array[],
    refreshed?: (ciphertexts: readonly Uint8Array[]) => readonly Uint8Array[],
  ): Uint8Array[] {
    const stages = this.stages(inputs);
    try {
      let stage = stages.next([]);
      while (!stage.done) {
        if (!refreshed) throw new PlanError('the plan has refreshes: run needs to be told who does them');
        stage = stages.next(refreshed(stage.value));
      }
      return stage.value;
    } finally {
      stages.return([]);
    }
  }

  /**
   * Runs the network in stages, as many as the plan has refreshes and one more. Each but the last gives the ciphertexts that the
   * client is to refresh, and the next one takes what comes back. `return` ends a run that is not continued.
   *
   * @param inputs as the client has encrypted them, in the format of SEAL
   * @returns ciphertexts of the logits
   * @throws MalformedError where ciphertexts are not as the plan says; the run is over then
   */
  *stages(inputs: readonly Uint8Array[]): Generator<Uint8Array[], Uint8Array[], readonly Uint8Array[]> {
    const owned = new Owned();
    try {
      const values = new Map<Source, readonly Ciphertext[]>();
      values.set(this.plan.source, this.#loadFresh(inputs, this.plan.gathers.length, owned));
      for (const [index, layer] of this.#layers.entries()) {
        const results = this.#runMap(layer.map, values, owned);
        this.#releaseUnused(values, index + 1, owned);
        const activated = results.map((x, ciphertext) =>
          this.#runInstructions(layer.instructions, x, ciphertext, owned),
        );
        values.set(layer.source, activated);
        if (!layer.refresh) continue;
        const sent = activated.map((ciphertext) => this.#evaluator.save(ciphertext));
        for (const ciphertext of activated) owned.release(ciphertext);
        values.set(layer.source, this.#loadFresh(yield sent, sent.length, owned));
      }
      return this.#runMap(this.#output, values, owned).map((result) => this.#evaluator.save(result));
    } finally {
      owned.dispose();
    }
  }

  #loadFresh(messages: readonly Uint8Array[], count: number, owned: Owned): Ciphertext[] {
    if (messages.length !== count) throw new MalformedError(`${messages.length} ciphertexts instead of ${count}`);
    const { level, scale } = this.plan.input;
    return messages.map((bytes) => {
      const ciphertext = owned.add(this.#evaluator.load(bytes));
      if (ciphertext.level === level && ciphertext.scale === scale) return ciphertext;
      throw new MalformedError(
        `a ciphertext of level ${ciphertext.level} and scale ${ciphertext.scale} instead of ${level} and ${scale}`,
      );
    });
  }

  dispose(): void {
    for (const plaintext of this.#plaintexts) plaintext.dispose();
    this.#plaintexts.length = 0;
    this.#evaluator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Whether there is room for one more plaintext of so many primes. */
  #keeps(limbs: number): boolean {
    const bytes = BYTES_OF_RESIDUE * this.plan.parameters.degree * limbs;
    if (this.#keptBytes + bytes > this.#maxKeptBytes) return false;
    this.#keptBytes += bytes;
    return true;
  }

  #encode(values: Float64Array, scale: number, level: number): Plaintext {
    const plaintext = this.#evaluator.encode(values, scale, level);
    this.#plaintexts.push(plaintext);
    return plaintext;
  }

  #map(map: PlannedMap, at: ReadonlyMap<Source, { readonly scale: number }>): EncodedMap {
    const { matvec, at: result } = map;
    const prime = Number(this.plan.parameters.primes[result.level + 1]!);
    const encoded = matvec.diagonals.map((diagonal) => {
      const { scale } = at.get(matvec.operands[diagonal.operand]!.source)!;
      const weightScale = (result.scale * prime) / scale;
      const isKept = this.#keeps(result.level + 2);
      const weights = isKept ? this.#encode(diagonal.values, weightScale, result.level + 1) : undefined;
      return { ...diagonal, weights, weightScale };
    });
    const constants = matvec.constants.map((values) => values && this.#encode(values, result.scale, result.level));
    return { ...map, encoded, constants };
  }

  #layer(
    { map, activation, source, refresh }: PlannedLayer,
    at: ReadonlyMap<Source, { readonly scale: number }>,
  ): EncodedLayer {
    const { layout } = map.matvec;
    const slots = this.plan.parameters.degree / 2;
    /** Numbers by polynomial, in the slots of a ciphertext. */
    const spread = (numbers: readonly number[], ciphertext: number): Float64Array => {
      const vector = new Float64Array(slots);
      const { polynomialOf } = activation;
      if (!polynomialOf) return vector.fill(numbers[0]!);
      layout.places.forEach((place, i) => {
        if (Math.floor(place / slots) !== ciphertext) return;
        for (let slot = place % slots; slot < slots; slot += layout.period) vector[slot] = numbers[polynomialOf[i]!]!;
      });
      return vector;
    };
    const all = Array.from({ length: layout.ciphertexts }, (_, ciphertext) => ciphertext);
    const instructions = activation.instructions.map((instruction): EncodedInstruction => {
      if (instruction.kind !== 'sum') return { instruction, factors: [], constants: [] };
      const { scaled, constant, scale, level } = instruction;
      return {
        instruction,
        factors: all.map((ciphertext) =>
          scaled.map(({ factor, plaintextScale }) =>
            this.#encode(spread(factor, ciphertext), plaintextScale, level + 1),
          ),
        ),
        constants: all.map((ciphertext) =>
          constant.every((value) => value === 0) ? undefined : this.#encode(spread(constant, ciphertext), scale, level),
        ),
      };
    });
    return { map: this.#map(map, at), instructions, source, refresh };
  }

  /** Disposes of what no layer from here on needs. */
  #releaseUnused(values: Map<Source, readonly Ciphertext[]>, from: number, owned: Owned): void {
    const later = [...this.#layers.slice(from).map(({ map }) => map), this.#output];
    for (const [source, ciphertexts] of values) {
      if (later.some(({ affine }) => affine.terms.has(source))) continue;
      for (const each of ciphertexts) owned.release(each);
      values.delete(source);
    }
  }

  #runMap(map: EncodedMap, values: ReadonlyMap<Source, readonly Ciphertext[]>, owned: Owned): Ciphertext[] {
    const { matvec, at, encoded, constants, foldsFirst } = map;
    const evaluator = this.#evaluator;
    const own = new Owned();
    try {
      const rotated = this.#rotatedOperands(map, values, own);
      return Array.from({ length: matvec.layout.ciphertexts }, (_, result) => {
        const diagonals = encoded.filter((diagonal) => diagonal.result === result);
        const sums = new Map<number, Ciphertext>();
        for (const giant of new Set(diagonals.map((diagonal) => diagonal.giant))) {
          const terms = diagonals.filter((diagonal) => diagonal.giant === giant);
          const factors = terms.map(({ operand, baby }) => rotated.get(`${operand},${baby}`)!);
          const weights = terms.map(
            (term) => term.weights ?? own.add(evaluator.encode(term.values, term.weightScale, at.level + 1)),
          );
          sums.set(giant, own.add(evaluator.sumOfProducts(factors, weights)));
          terms.forEach((term, i) => {
            if (!term.weights) own.release(weights[i]!);
          });
        }
        let total: Ciphertext | undefined;
        for (const [giant, sum] of sums) {
          const part = giant === 0 ? sum : own.add(evaluator.rotate(sum, giant));
          if (part !== sum) own.release(sum);
          if (!total) total = part;
          else {
            evaluator.addInPlace(total, part);
            own.release(part);
          }
        }
        const x = total!;
        if (!foldsFirst) evaluator.rescaleInPlace(x);
        for (const step of matvec.folds) {
          const other = own.add(evaluator.rotate(x, step));
          evaluator.addInPlace(x, other);
          own.release(other);
        }
        if (foldsFirst) evaluator.rescaleInPlace(x);
        if (constants[result]) evaluator.addPlainInPlace(x, constants[result]);
        return owned.add(own.take(x));
      });
    } finally {
      own.dispose();
    }
  }

  /** The operands of a map at its level, by operand and baby step. */
  #rotatedOperands(
    { matvec, encoded, at }: EncodedMap,
    values: ReadonlyMap<Source, readonly Ciphertext[]>,
    own: Owned,
  ): ReadonlyMap<string, Ciphertext> {
    const rotated = new Map<string, Ciphertext>();
    matvec.operands.forEach(({ source, ciphertext }, operand) => {
      const steps = [...new Set(encoded.filter((diagonal) => diagonal.operand === operand).map(({ baby }) => baby))];
      if (steps.length === 0) return;
      const x = atLevel(this.#evaluator, values.get(source)![ciphertext]!, at.level + 1, own);
      const moved = steps.filter((step) => step !== 0);
      const results = this.#evaluator.rotateMany(x, moved);
      moved.forEach((step, i) => {
        rotated.set(`${operand},${step}`, own.add(results[i]!));
      });
      rotated.set(`${operand},0`, x);
    });
    return rotated;
  }

  #runInstructions(
    encoded: readonly EncodedInstruction[],
    x: Ciphertext,
    ciphertext: number,
    owned: Owned,
  ): Ciphertext {
    const evaluator = this.#evaluator;
    const instructions = encoded.map(({ instruction }) => instruction);
    const plaintextsOf = (instruction: Instruction) => encoded[instructions.indexOf(instruction)]!;
    const result = runInstructions(evaluator, instructions, owned.take(x), {
      times(operand, term, instruction) {
        const factors = plaintextsOf(instruction).factors[ciphertext]!;
        return evaluator.multiplyPlain(operand, factors[instruction.scaled.indexOf(term)]!);
      },
      addConstant(sum, instruction) {
        const constant = plaintextsOf(instruction).constants[ciphertext];
        if (constant) evaluator.addPlainInPlace(sum, constant);
      },
    });
    return owned.add(result);
  }
}
