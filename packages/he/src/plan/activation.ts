import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Steps, Sum, Term } from '../compile/steps.js';
import { PlanError } from '../errors.js';

/** Where a result is: its level, and the scale that it has there. */
export interface At {
  readonly level: number;
  readonly scale: number;
}

/** A term that is doubled so many times, in place of a product. */
export interface Doubled {
  readonly operand: number;
  readonly doublings: number;
}

/** A term that is multiplied by plaintexts of this scale, one level above that of the sum. */
export interface Scaled {
  readonly operand: number;
  /** By polynomial. */
  readonly factor: readonly number[];
  readonly plaintextScale: number;
}

/** An instruction on ciphertexts; operands are the results of earlier ones, and are dropped to the level that is needed. */
export type Instruction =
  | ({ readonly kind: 'input' } & At)
  | ({ readonly kind: 'product'; readonly a: number; readonly b: number } & At)
  | ({
      readonly kind: 'sum';
      readonly doubled: readonly Doubled[];
      readonly scaled: readonly Scaled[];
      readonly constant: readonly number[];
    } & At);

/** How polynomials are computed on ciphertexts: the last instruction gives the result. */
export interface Activation {
  readonly instructions: readonly Instruction[];
  readonly polynomialOf: Int32Array | undefined;
}

/**
 * Gives every step the level and the scale that it has, exactly. Scales differ after each rescale, since primes differ; a
 * sum needs equal ones. Where a term is a product with plaintexts, or a product of which one factor is, plaintext scales
 * are chosen so that it comes to the scale of the others.
 */
class Assignment {
  readonly instructions: Instruction[] = [];
  readonly #steps: Steps['steps'];
  readonly #primes: readonly number[];
  readonly #uses: readonly number[];
  readonly #made = new Map<number, number>();

  constructor({ steps }: Steps, { primes }: ParametersWithPrimes, input: At) {
    this.#steps = steps;
    this.#primes = primes.map(Number);
    const uses = new Array<number>(steps.length).fill(0);
    for (const step of steps) {
      if (step.kind === 'product') for (const each of [step.a, step.b]) uses[each]!++;
      if (step.kind === 'sum') for (const term of step.terms) uses[term.step]!++;
    }
    this.#uses = uses;
    this.instructions.push({ kind: 'input', ...input });
    this.#made.set(0, 0);
  }

  /** Whether a step can be made with any scale: what is used twice has one that others have counted on. */
  #isFlexible(index: number): boolean {
    const step = this.#steps[index]!;
    if (step.kind === 'input' || this.#uses[index]! > 1 || this.#made.has(index)) return false;
    if (step.kind === 'product') return step.a !== step.b && (this.#isFlexible(step.a) || this.#isFlexible(step.b));
    return step.terms.every((term) => !term.exact || this.#isFlexible(term.step));
  }

  #levelOf(index: number): number {
    const step = this.#steps[index]!;
    const known = this.#made.get(index);
    if (known !== undefined) return this.instructions[known]!.level;
    if (step.kind === 'product') return Math.min(this.#levelOf(step.a), this.#levelOf(step.b)) - 1;
    const terms = (step as Sum).terms;
    return Math.min(...terms.map((term) => this.#levelOf(term.step) - (term.exact ? 0 : 1)));
  }

  /** Makes a step, with a scale where it is flexible, and gives its instruction. */
  make(index: number, wanted?: number): number {
    const known = this.#made.get(index);
    if (known !== undefined) return known;
    const step = this.#steps[index]!;
    if (step.kind === 'input') return 0;
    const instruction =
      step.kind === 'product' ? this.#product(step.a, step.b, wanted) : this.#sum(index, step, wanted);
    this.instructions.push(instruction);
    this.#made.set(index, this.instructions.length - 1);
    return this.instructions.length - 1;
  }

  #product(a: number, b: number, wanted: number | undefined): Instruction {
    const level = Math.min(this.#levelOf(a), this.#levelOf(b)) - 1;
    const prime = this.#primes[level + 1]!;
    const [flexible, other] = this.#isFlexible(a) ? [a, b] : [b, a];
    const second = this.make(other);
    const { scale } = this.instructions[second]!;
    const first = this.make(flexible, wanted === undefined ? undefined : (wanted * prime) / scale);
    return { kind: 'product', a: first, b: second, level, scale: (this.instructions[first]!.scale * scale) / prime };
  }

  #sum(index: number, { terms, constant }: Sum, wanted: number | undefined): Instruction {
    const level = this.#levelOf(index);
    // What has a scale of its own comes first: the others are brought to it.
    const exact = terms.filter((term) => term.exact);
    const fixed = exact.filter((term) => !this.#isFlexible(term.step));
    const made = new Map<Term, number>(fixed.map((term) => [term, this.make(term.step)]));
    const [first] = made.values();
    const scale = first === undefined ? (wanted ?? this.instructions[0]!.scale) : this.instructions[first]!.scale;
    const doubled = exact.map((term) => {
      const operand = made.get(term) ?? this.make(term.step, scale);
      const own = this.instructions[operand]!.scale;
      if (Math.abs(own / scale - 1) > 1e-12) throw new PlanError(`scales ${own} and ${scale} do not meet in a sum`);
      return { operand, doublings: Math.log2(term.factor[0]!) };
    });
    const scaled = terms
      .filter((term) => !term.exact)
      .map((term) => {
        const operand = this.make(term.step);
        const plaintextScale = (scale * this.#primes[level + 1]!) / this.instructions[operand]!.scale;
        return { operand, factor: term.factor, plaintextScale };
      });
    return { kind: 'sum', doubled, scaled, constant, level, scale };
  }
}

/** Plans the steps of a polynomial whose variable is at a level and a scale. */
export function activationOf(steps: Steps, parameters: ParametersWithPrimes, input: At): Activation {
  const assignment = new Assignment(steps, parameters, input);
  assignment.make(steps.steps.length - 1);
  return { instructions: assignment.instructions, polynomialOf: steps.polynomialOf };
}

/** The result of an activation. */
export function resultOf({ instructions }: Activation): At {
  return instructions.at(-1)!;
}
