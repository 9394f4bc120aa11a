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
const MAX_DIAGONALS = 4096;

const modulo = (a: number, n: number) => ((a % n) + n) % n;

/** The number nearest to 0 that is the same modulo n. */
function centered(a: number, n: number): number {
  const half = Math.floor(n / 2);
  return modulo(a + half, n) - half;
}

/** Vectors by a key, made when they are first asked for. */
class Vectors {
  readonly all = new Map<string, { readonly at: readonly number[]; readonly values: Float64Array }>();
  readonly #slots: number;
  readonly #layer: string;

  constructor(slots: number, layer: string) {
    this.#slots = slots;
    this.#layer = layer;
  }

  add(at: readonly number[], slot: number, value: number): void {
    const key = at.join();
    let own = this.all.get(key);
    if (!own) {
      if (this.all.size === MAX_DIAGONALS) {
        throw new PlanError(
          `${this.#layer}: its linear map takes more than ${MAX_DIAGONALS} products with plaintexts, more than the memory ` +
            'of a server: take fewer channels, a larger stride, or a linear layer behind the first activation',
        );
      }
      own = { at, values: new Float64Array(this.#slots) };
      this.all.set(key, own);
    }
    own.values[slot] = own.values[slot]! + value;
  }
}

/** Steps of which each offset is a baby and a giant: those of the size that needs the fewest rotations. */
function splitOffsets(uses: readonly { operand: number; result: number; offset: number }[], slots: number): number {
  let [best, fewest] = [1, Infinity];
  for (let size = 1; size <= slots; size *= 2) {
    const babies = new Set<string>();
    const giants = new Set<string>();
    for (const { operand, result, offset } of uses) {
      const baby = centered(offset, size);
      if (baby !== 0) babies.add(`${operand},${baby}`);
      if (offset !== baby) giants.add(`${result},${offset - baby}`);
    }
    if (babies.size + giants.size < fewest) [best, fewest] = [size, babies.size + giants.size];
  }
  return best;
}

/** Diagonals of a matrix between layouts, as offsets; `period` is that of the operands, or a multiple of it. */
function addOffsets(
  matrix: SparseMatrix,
  from: { readonly layout: Layout; readonly first: number },
  to: Layout,
  period: number,
  slots: number,
  vectors: Vectors,
): void {
  const reach = Math.min(period, to.period);
  for (let row = 0; row < matrix.rows; row++) {
    const place = to.places[row]!;
    const [result, slot] = [Math.floor(place / slots), place % slots];
    matrix.forRow(row, (column, value) => {
      const source = from.layout.places[column]!;
      const operand = from.first + Math.floor(source / slots);
      const offset = centered((source % slots) - slot, reach);
      // In every copy, so that sums repeat as the operands do. Parts of a sum lie multiples of the result's period apart.
      const first = period > to.period ? modulo((source % slots) - offset, period) : slot;
      const step = Math.max(period, to.period);
      for (let at = first; at < slots; at += step) vectors.add([operand, result, offset], at, value);
    });
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
            if (column >= 0) vectors.add([upload, 0, 0, giant], slot, weights[column]!);
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
    vectors.add([upload[result]![gather]!, result, 0, 0], slot, value);
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
    addOffsets(affine.terms.get(source)!, { layout: own, first }, layout, period, slots, offsets);
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
  const uses = found.map(({ at: [operand = 0, result = 0, offset = 0] }) => ({ operand, result, offset }));
  const size = splitOffsets(uses, slots);
  found.forEach(({ values }, i) => {
    const { operand, result, offset } = uses[i]!;
    const baby = centered(offset, size);
    const giant = offset - baby;
    const rotated = Float64Array.from(values, (_, slot) => values[modulo(slot - giant, slots)]!);
    diagonals.push({ operand, result, baby, giant, values: rotated });
  });
  for (const { at, values } of fromClient.all.values()) {
    const [upload = 0, result = 0, baby = 0, giant = 0] = at;
    diagonals.push({ operand: firstOfClient + upload, result, baby, giant, values });
  }
  const used = diagonals.filter(({ values }) => values.some((value) => value !== 0));
  for (let result = 0; result < layout.ciphertexts; result++) {
    if (!used.some((diagonal) => diagonal.result === result)) {
      throw new PlanError(`${layer}: all its weights are 0, and a result that is not encrypted would be no secret`);
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
