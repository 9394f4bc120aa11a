import type { Affine, Source } from '../compile/affine.js';
import type { SparseMatrix } from '../compile/sparse-matrix.js';
import { PlanError } from '../errors.js';
import type { Layout } from './layout.js';

/** A product of one rotated ciphertext with one vector, added to a sum that is rotated as a whole. */
export interface Diagonal {
  /** Which ciphertext of the operands, counted over all of them. */
  readonly operand: number;
  /** Which ciphertext of the result. */
  readonly result: number;
  /** Slots that the operand is rotated by first: the baby step. */
  readonly baby: number;
  /** Slots that the sum is rotated by: the giant step. */
  readonly giant: number;
  /** What is multiplied, in the slots before the giant step. */
  readonly values: Float64Array;
}

/** Which element of the input the client puts in each slot of a ciphertext; −1 for none. */
export type Gather = Int32Array;

/**
 * An affine map on ciphertexts: products with diagonals in baby and giant steps (Halevi and Shoup, 2014), then folds, which
 * add up parts of a sum that lie some slots apart, then the constant.
 */
export interface Matvec {
  /** The operands: the source, and which of its ciphertexts. */
  readonly operands: readonly { readonly source: Source; readonly ciphertext: number }[];
  readonly diagonals: readonly Diagonal[];
  /** Rotations of the folds. They are cyclic: each slot has the whole sum, and none a part of it. */
  readonly folds: readonly number[];
  readonly layout: Layout;
  /** For each ciphertext of the result; undefined where all are 0. */
  readonly constants: readonly (Float64Array | undefined)[];
}

/** What rotations and uploads cost in relation, for choices between them. */
export interface StepCosts {
  readonly rotation: number;
  readonly upload: number;
}

/** Plaintexts that one layer may have: their memory is the limit of a server. */
export const MAX_DIAGONALS = 4096;
/** Ciphertexts that one vector may take. */
const MAX_CIPHERTEXTS = 2 ** 16;

/** A ciphertext of an operand that goes, rotated by an offset, into a ciphertext of the result. */
export interface OffsetUse {
  readonly operand: number;
  readonly result: number;
  readonly offset: number;
}

const modulo = (a: number, n: number) => ((a % n) + n) % n;

/** The number nearest to 0 that is the same modulo n. */
function centered(a: number, n: number): number {
  const half = Math.floor(n / 2);
  return modulo(a + half, n) - half;
}

/** Vectors by what they are multiplied with, made when they are first asked for. */
class Vectors {
  readonly all = new Map<number, { readonly at: OffsetUse; readonly values: Float64Array }>();
  readonly #slots: number;
  readonly #layer: string;

  constructor(slots: number, layer: string) {
    this.#slots = slots;
    this.#layer = layer;
  }

  add(operand: number, result: number, offset: number, slot: number, value: number): void {
    // Offsets are between −slots and slots.
    const key = ((operand * MAX_CIPHERTEXTS + result) * 2 + 1) * this.#slots + offset;
    let own = this.all.get(key);
    if (!own) {
      if (this.all.size === MAX_DIAGONALS) {
        throw new PlanError(
          `${this.#layer}: its linear map takes more than ${MAX_DIAGONALS} products with plaintexts, more than the memory ` +
            'of a server: take fewer channels, a larger stride, or a linear layer behind the first activation',
        );
      }
      own = { at: { operand, result, offset }, values: new Float64Array(this.#slots) };
      this.all.set(key, own);
    }
    own.values[slot] = own.values[slot]! + value;
  }
}

/** Steps of which each offset is a baby and a giant: those of the size that needs the fewest rotations. */
export function splitOffsets(uses: readonly OffsetUse[], slots: number): { size: number; rotations: number } {
  let [best, fewest] = [1, Infinity];
  for (let size = 1; size <= slots; size *= 2) {
    const babies = new Set<number>();
    const giants = new Set<number>();
    for (const { operand, result, offset } of uses) {
      const baby = centered(offset, size);
      if (baby !== 0) babies.add((2 * operand + 1) * slots + baby);
      if (offset !== baby) giants.add((4 * result + 2) * slots + offset - baby);
    }
    if (babies.size + giants.size < fewest) [best, fewest] = [size, babies.size + giants.size];
  }
  return { size: best, rotations: fewest };
}

/**
 * Calls `visit` for the entries of a matrix between layouts: how far the operand is from the result, and the slot of the first
 * copy. Sums repeat as the operands do, after `period` slots; parts of a sum lie multiples of the result's period apart.
 */
export function forOffsets(
  matrix: SparseMatrix,
  from: { readonly layout: Layout; readonly first: number },
  to: Layout,
  period: number,
  slots: number,
  visit: (operand: number, result: number, offset: number, slot: number, value: number) => void,
): void {
  const reach = Math.min(period, to.period);
  const inParts = period > to.period;
  const { starts, columnOf, values } = matrix;
  const { places } = from.layout;
  for (let row = 0; row < matrix.rows; row++) {
    const place = to.places[row]!;
    const slot = place % slots;
    const result = (place - slot) / slots;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const source = places[columnOf[e]!]!;
      const sourceSlot = source % slots;
      const offset = centered(sourceSlot - slot, reach);
      const first = inParts ? modulo(sourceSlot - offset, period) : slot;
      visit(from.first + (source - sourceSlot) / slots, result, offset, first, values[e]!);
    }
  }
}

/** The places where a row's products of a client-packed input are added up. */
function addGathered(
  matrix: SparseMatrix,
  to: Layout,
  slots: number,
  costs: StepCosts,
  vectors: Vectors,
  gathers: Gather[],
): void {
  const copies = slots / to.period;
  if (to.ciphertexts === 1 && matrix.dense && copies > 1) {
    const [uploads, giants] = denseSplit(matrix.columns, copies, to.period, costs);
    for (let upload = 0; upload < uploads; upload++) {
      gathers.push(
        Int32Array.from({ length: slots }, (_, slot) => {
          const column = (Math.floor(slot / to.period) * uploads + upload) * giants + (slot % giants);
          return column < matrix.columns ? column : -1;
        }),
      );
    }
    for (let row = 0; row < matrix.rows; row++) {
      const weights = new Float64Array(matrix.columns);
      matrix.forRow(row, (column, value) => {
        weights[column] = value;
      });
      for (let copy = 0; copy < copies; copy++) {
        for (let giant = 0; giant < giants; giant++) {
          const slot = modulo(to.places[row]! + copy * to.period + giant, slots);
          for (let upload = 0; upload < uploads; upload++) {
            const column = gathers[upload]![slot]!;
            // Before the giant step: that is where the operand has the element.
            if (column >= 0) vectors.add(upload, 0, giant, slot, weights[column]!);
          }
        }
      }
    }
    return;
  }
  /** For each ciphertext of the result which gather is used for the entries of a place. */
  const used = new Map<string, number>();
  const filled: Gather[][] = Array.from({ length: to.ciphertexts }, () => []);
  const entries: { result: number; gather: number; slot: number; value: number }[] = [];
  for (let row = 0; row < matrix.rows; row++) {
    const place = to.places[row]!;
    const [result, slot] = [Math.floor(place / slots), place % slots];
    let index = 0;
    matrix.forRow(row, (column, value) => {
      const gather = Math.floor(index / copies);
      const at = slot + (index % copies) * to.period;
      filled[result]![gather] ??= new Int32Array(slots).fill(-1);
      filled[result]![gather]![at] = column;
      entries.push({ result, gather, slot: at, value });
      index++;
    });
  }
  const upload = filled.map((own) =>
    own.map((gather) => {
      const key = gather.join();
      const known = used.get(key);
      if (known !== undefined) return known;
      used.set(key, gathers.length);
      gathers.push(gather);
      return gathers.length - 1;
    }),
  );
  for (const { result, gather, slot, value } of entries) {
    vectors.add(upload[result]![gather]!, result, 0, slot, value);
  }
}

/** How many ciphertexts the client sends and how many giant steps there are, for rows of so many columns. */
function denseSplit(columns: number, copies: number, period: number, costs: StepCosts): readonly [number, number] {
  const needed = Math.ceil(columns / copies);
  let best: readonly [number, number] = [needed, 1];
  const cost = ([uploads, giants]: readonly [number, number]) => uploads * costs.upload + (giants - 1) * costs.rotation;
  for (let giants = 2; giants <= period && giants < 2 * needed; giants *= 2) {
    const option = [Math.ceil(needed / giants), giants] as const;
    if (cost(option) < cost(best)) best = option;
  }
  return best;
}

function foldsBetween(from: number, to: number): number[] {
  const folds: number[] = [];
  for (let step = from; step < to; step *= 2) folds.push(step);
  return folds;
}

function constantsOf(constant: Float64Array, layout: Layout, slots: number): (Float64Array | undefined)[] {
  const vectors = Array.from({ length: layout.ciphertexts }, () => new Float64Array(slots));
  constant.forEach((value, i) => {
    const place = layout.places[i]!;
    for (let at = place % slots; at < slots; at += layout.period) vectors[Math.floor(place / slots)]![at] = value;
  });
  return vectors.map((vector) => (vector.every((value) => value === 0) ? undefined : vector));
}

/**
 * Plans an affine map.
 *
 * @param layouts of the sources but the input of the network, which the client lays out: its layouts are added to `gathers`
 * @param layer its name, for messages
 */
export function matvecOf(
  affine: Affine,
  layout: Layout,
  slots: number,
  given: {
    readonly layouts: ReadonlyMap<Source, Layout>;
    readonly input: Source;
    readonly gathers: Gather[];
    readonly costs: StepCosts;
    readonly layer: string;
  },
): Matvec {
  const { layouts, input, gathers, costs, layer } = given;
  const operands: { source: Source; ciphertext: number }[] = [];
  const offsets = new Vectors(slots, layer);
  const fromClient = new Vectors(slots, layer);
  const inner = [...affine.terms.keys()].filter((source) => source !== input);
  const period = Math.max(...inner.map((source) => layouts.get(source)!.period), affine.terms.has(input) ? slots : 1);
  for (const source of inner) {
    const own = layouts.get(source)!;
    const first = operands.length;
    for (let ciphertext = 0; ciphertext < own.ciphertexts; ciphertext++) operands.push({ source, ciphertext });
    const step = Math.max(period, layout.period);
    const from = { layout: own, first };
    forOffsets(affine.terms.get(source)!, from, layout, period, slots, (operand, result, offset, slot, value) => {
      for (let at = slot; at < slots; at += step) offsets.add(operand, result, offset, at, value);
    });
  }
  const firstOfClient = operands.length;
  const firstGather = gathers.length;
  const ofInput = affine.terms.get(input);
  if (ofInput) {
    const own: Gather[] = [];
    addGathered(ofInput, layout, slots, costs, fromClient, own);
    own.forEach((gather, i) => {
      operands.push({ source: input, ciphertext: firstGather + i });
      gathers.push(gather);
    });
  }
  const diagonals: Diagonal[] = [];
  const found = [...offsets.all.values()];
  const { size } = splitOffsets(
    found.map(({ at }) => at),
    slots,
  );
  for (const { at, values } of found) {
    const { operand, result, offset } = at;
    const baby = centered(offset, size);
    const giant = offset - baby;
    const rotated = Float64Array.from(values, (_, slot) => values[modulo(slot - giant, slots)]!);
    diagonals.push({ operand, result, baby, giant, values: rotated });
  }
  for (const { at, values } of fromClient.all.values()) {
    diagonals.push({ operand: firstOfClient + at.operand, result: at.result, baby: 0, giant: at.offset, values });
  }
  const used = diagonals.filter(({ values }) => values.some((value) => value !== 0));
  for (let result = 0; result < layout.ciphertexts; result++) {
    if (!used.some((diagonal) => diagonal.result === result)) {
      throw new PlanError(
        `${layer}: all its weights are 0, and a result that is not encrypted would be no secret: remove the layer, or ` +
          'give its windows less padding',
      );
    }
  }
  return {
    operands,
    diagonals: used,
    folds: period > layout.period ? foldsBetween(layout.period, period) : [],
    layout,
    constants: constantsOf(affine.constant, layout, slots),
  };
}
