import { apply, concat, operators, type Shape, type Tensor, zeros } from '@pnn/tensor';

/** Which elements of a tensor a slice took: every `steps`-th from `starts` on. */
export interface Place {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** A run of neighbors along one axis, with all elements along the others. */
interface Run {
  readonly axis: number;
  readonly start: number;
  gradient: Tensor;
}

function endOf({ axis, start, gradient }: Run): number {
  return start + gradient.shape[axis]!;
}

/** The axis along which the part is a run of neighbors, if it has all elements along the others, in their order. */
function runAxis(shape: Shape, part: Shape, { steps }: Place): number | undefined {
  const shorter = shape.flatMap((length, axis) => (part[axis] === length ? [] : [axis]));
  if (shorter.length > 1 || shape.length === 0) return undefined;
  return steps.every((step) => step === 1) ? (shorter[0] ?? 0) : undefined;
}

/** Runs along one axis joined to a whole, with zeros between those that do not touch. */
function join(shape: Shape, runs: readonly Run[]): Tensor {
  const { axis, gradient } = runs[0]!;
  const pieces: Tensor[] = [];
  let end = 0;
  const fillUpTo = (start: number) => {
    if (start > end) pieces.push(zeros(shape.with(axis, start - end), gradient));
  };
  for (const run of runs) {
    fillUpTo(run.start);
    pieces.push(run.gradient);
    end = endOf(run);
  }
  fillUpTo(shape[axis]!);
  return pieces.length === 1 ? pieces[0]! : concat(pieces, axis);
}

/** Runs along one axis, each joined with others that it does not overlap. */
function layersOf(runs: readonly Run[]): Run[][] {
  const layers: Run[][] = [];
  for (const run of [...runs].sort((a, b) => a.start - b.start)) {
    const free = layers.find((layer) => endOf(layer.at(-1)!) <= run.start);
    if (free) free.push(run);
    else layers.push([run]);
  }
  return layers;
}

/**
 * Gradients of parts of one tensor. They are put together once, when all are there: to fill up each of n parts with zeros
 * would take n times the elements of the tensor.
 */
export class Parts {
  readonly #shape: Shape;
  readonly #runs = new Map<string, Run>();
  readonly #others: { readonly gradient: Tensor; readonly place: Place }[] = [];
  readonly #replace: (sum: Tensor, terms: readonly Tensor[]) => void;

  /** `replace` is told of each sum that takes the place of its terms. */
  constructor(shape: Shape, replace: (sum: Tensor, terms: readonly Tensor[]) => void) {
    this.#shape = shape;
    this.#replace = replace;
  }

  add(gradient: Tensor, place: Place): void {
    const axis = runAxis(this.#shape, gradient.shape, place);
    if (axis === undefined) {
      this.#others.push({ gradient, place });
      return;
    }
    const start = place.starts[axis]!;
    const key = `${axis} ${start} ${gradient.shape[axis]}`;
    const before = this.#runs.get(key);
    if (!before) {
      this.#runs.set(key, { axis, start, gradient });
      return;
    }
    const sum = before.gradient.add(gradient);
    this.#replace(sum, [before.gradient, gradient]);
    before.gradient = sum;
  }

  /** The gradients that are waiting. */
  get gradients(): readonly Tensor[] {
    return [...this.#runs.values(), ...this.#others].map(({ gradient }) => gradient);
  }

  /** The gradient of the whole. */
  sum(): Tensor {
    const shape = this.#shape;
    const runs = [...this.#runs.values()];
    const axes = [...new Set(runs.map(({ axis }) => axis))];
    const wholes = axes.flatMap((axis) =>
      layersOf(runs.filter((run) => run.axis === axis)).map((layer) => join(shape, layer)),
    );
    for (const { gradient, place } of this.#others) {
      wholes.push(apply(operators.pad, [gradient], { ...place, shape, value: 0 })[0]!);
    }
    return wholes.reduce((sum, whole) => sum.add(whole));
  }
}
