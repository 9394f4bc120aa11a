import {
  ArgumentError,
  type Graph,
  type GraphNode,
  type GraphValue,
  grad,
  type Module,
  noGrad,
  reference,
  requireGrad,
  type Shape,
  scope,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '@pnn/nn';
import { suspendTraining } from '../training/index.js';
import {
  absolute,
  applyNode,
  type Inputs,
  isAffine,
  refuseNode,
  roundingsOf,
  type Varies,
} from './affine-operators.js';
import {
  type EvaluatedPolynomial,
  enclose,
  evaluatedPolynomial,
  float32Rounding,
  LARGEST_FLOAT32,
} from './polynomial-enclosure.js';

/** Bounds of each element of one sample. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What is proven of the inputs of one polynomial activation. */
export interface LayerEnclosure {
  /** The path of the activation in the network. */
  readonly name: string;
  readonly bound: number;
  /** The largest |x| by interval arithmetic alone, from the bounds of the layers before. */
  readonly byIntervals: number;
  /** The largest |x| by affine arithmetic and intervals together. */
  readonly largest: number;
  /** Bounds of each input of the activation. */
  readonly box: Box;
}

/** How a network is enclosed. */
export interface EnclosureOptions {
  /**
   * Rows of the affine forms computed at a time.
   *
   * @default 64
   */
  readonly rows?: number;
  /** Is told how many of all rows are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

const UNIT32 = 2 ** -24;
const UNIT64 = 2 ** -53;

/** nu / (1 − nu): the relative error of n roundings (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). */
function gamma(roundings: number, unit: number): number {
  const product = roundings * unit;
  return product < 1 ? product / (1 - product) : Infinity;
}

/** What is known of a value of the graph that depends on the input; tensors are float64 on the reference device. */
interface Enclosed {
  readonly low: Tensor;
  readonly high: Tensor;
  /** The value of the affine form with all of its symbols 0. */
  readonly center: Tensor;
  /** Σ |coefficient|·radius along all paths, without cancellation: bounds the affine form and its rounding errors. */
  readonly spread: Tensor;
  /** A bound on everything that is added up on the way to the center. */
  readonly magnitude: Tensor;
  /** How far single precision may lead away from the affine form. */
  readonly drift: Tensor;
  /** Roundings on the longest path. */
  readonly roundings: number;
}

/** The line that stands for a polynomial: slope and radius of each element, in single precision. */
interface Relaxation {
  readonly slope: Float32Array;
  readonly radius: Float64Array;
}

/** A NaN, as of ∞ − ∞, bounds nothing. */
function lowOf(value: number): number {
  return Number.isNaN(value) ? -Infinity : value;
}

function highOf(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}

const double = (data: Float64Array, shape: Shape) => tensor(data, { shape, dtype: 'float64', device: reference });

/** The elements of a tensor in double precision on the reference device. */
async function doubled(x: Tensor): Promise<Tensor> {
  return double(Float64Array.from(await x.data()), x.shape);
}

/**
 * Bounds of the inputs of every polynomial activation of a network, for all inputs of a box at once.
 *
 * Intervals go through the graph of the network operator by operator. Affine forms (zonotopes: Comba and Stolfi, 1993) keep
 * in mind which terms have a common origin, and let them cancel: a polynomial becomes a line and a new symbol for how far it
 * strays from it, linear layers combine the lines. Both bounds hold, so each element gets the better ones.
 *
 * They hold for the network computed in single precision, with sums in any order: n roundings of a sum are at most n·2⁻²⁴ of
 * the sum of the sizes of its terms. The same is added for what this function itself rounds. Not proven is the error of
 * Winograd's convolutions, for which 64 times as much is added, and what sums of linear layers lose of products below 2⁻¹²⁶ is
 * left out: at most 2⁻¹⁵⁰ for each product.
 *
 * @param box bounds of the elements of one sample, as the network gets it
 * @throws ArgumentError where the network has an operator of which no bounds are known
 */
export async function encloseNetwork(
  network: Module,
  inputShape: Shape,
  box: Box,
  options: EnclosureOptions = {},
): Promise<LayerEnclosure[]> {
  const { rows = 64 } = options;
  const resume = suspendTraining(network);
  const graphOf = (samples: number) => scope(() => noGrad(() => trace(network, [zeros([samples, ...inputShape])])));
  const [one, many] = [graphOf(1), graphOf(rows)];
  const enclosure = new Enclosure(one, many, rows, options.onProgress);
  try {
    return await enclosure.run(box);
  } finally {
    enclosure.dispose();
    one.dispose();
    many.dispose();
    resume();
  }
}

/** The work of `encloseNetwork`: the graph for one sample, and the same for as many as there are rows. */
class Enclosure {
  readonly #one: Graph;
  readonly #rows: AffineRows;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  readonly #enclosed = new Map<GraphValue, Enclosed>();
  /** Values that do not depend on the input. */
  readonly #known = new Map<GraphValue, Tensor>();
  readonly #layers: LayerEnclosure[] = [];
  #done = 0;

  constructor(one: Graph, many: Graph, rows: number, onProgress?: (done: number, total: number) => void) {
    this.#one = one;
    this.#rows = new AffineRows(many, rows);
    this.#onProgress = onProgress;
  }

  async run(box: Box): Promise<LayerEnclosure[]> {
    const [input] = this.#one.inputs;
    const { shape } = input!;
    const center = box.low.map((low, i) => (low + box.high[i]!) / 2);
    const radius = box.low.map((low, i) => Math.max(box.high[i]! - center[i]!, center[i]! - low));
    if (!radius.every((each) => each >= 0 && each < Infinity)) {
      throw new ArgumentError('encloseNetwork: the box must be finite, with lower bounds below the upper ones');
    }
    const size = double(radius, shape);
    this.#rows.inputRadius = radius;
    this.#enclosed.set(input!, {
      low: double(box.low, shape),
      high: double(box.high, shape),
      center: double(center, shape),
      spread: size,
      magnitude: double(
        center.map((each, i) => Math.abs(each) + radius[i]!),
        shape,
      ),
      drift: double(new Float64Array(radius.length), shape),
      roundings: 0,
    });
    for (const constant of this.#one.constants) this.#known.set(constant, await doubled(constant.tensor));
    for (const [index, node] of this.#one.nodes.entries()) await this.#visit(node, index);
    return this.#layers;
  }

  dispose(): void {
    for (const tensor of this.#known.values()) tensor.dispose();
    for (const { roundings, ...tensors } of this.#enclosed.values()) {
      for (const each of Object.values(tensors)) each.dispose();
    }
  }

  async #visit(node: GraphNode, index: number): Promise<void> {
    const varies = node.inputs.map((value) => value !== undefined && this.#enclosed.has(value));
    if (!varies.some(Boolean)) {
      const results = scope(() => noGrad(() => applyNode(node, this.#constants(node))));
      node.outputs.forEach((value, i) => void this.#known.set(value, results[i]!));
      return;
    }
    if (node.operator === 'polynomial') return this.#polynomial(node, index);
    if (!isAffine(node, varies)) refuseNode(node);
    this.#enclosed.set(
      node.outputs[0]!,
      scope(() => noGrad(() => this.#affine(node, varies))),
    );
  }

  #constants(node: GraphNode): Inputs {
    return node.inputs.map((value) => value && this.#known.get(value));
  }

  /** The inputs of a node: what is wanted of those that vary, the others as they are. */
  #inputs(node: GraphNode, of: (enclosed: Enclosed) => Tensor): Inputs {
    return node.inputs.map((value) => {
      const enclosed = value && this.#enclosed.get(value);
      return enclosed ? of(enclosed) : value && this.#known.get(value);
    });
  }

  #affine(node: GraphNode, varies: Varies): Enclosed {
    const sizes = (of: (enclosed: Enclosed) => Tensor, withConstants = false) =>
      absolute(node, this.#inputs(node, of), varies, withConstants);
    const middle = ({ low, high }: Enclosed) => low.add(high).div(2);
    const half = ({ low, high }: Enclosed) => high.sub(low).div(2);
    const largest = ({ low, high }: Enclosed) => low.abs().maximum(high.abs());
    const own = roundingsOf(
      node,
      this.#inputs(node, ({ center }) => center),
    );
    const exact = applyNode(node, this.#inputs(node, middle))[0]!;
    const reach = sizes(largest, true);
    // Single precision in the network, and double precision here.
    const rounding = reach.mul(gamma(own, UNIT32) + 4 * gamma(own + 4, UNIT64));
    const radius = sizes(half).add(rounding);
    const before = this.#inputs(node, ({ center }) => center).map(
      (_, i) => (node.inputs[i] && this.#enclosed.get(node.inputs[i])?.roundings) ?? 0,
    );
    return {
      low: exact.sub(radius),
      high: exact.add(radius),
      center: applyNode(
        node,
        this.#inputs(node, ({ center }) => center),
      )[0]!,
      spread: sizes(({ spread }) => spread),
      magnitude: sizes(({ magnitude }) => magnitude, true),
      drift: sizes(({ drift }) => drift).add(rounding),
      roundings: Math.max(...before) + own,
    };
  }

  async #polynomial(node: GraphNode & { readonly operator: 'polynomial' }, index: number): Promise<void> {
    const [value, coefficients] = node.inputs as [GraphValue, GraphValue];
    const terms = this.#known.get(coefficients);
    const enclosed = this.#enclosed.get(value);
    if (!terms || !enclosed) return refuseNode(node);
    const { shape } = enclosed.center;
    const [low, high, center, spread, magnitude, drift] = (await Promise.all(
      (['low', 'high', 'center', 'spread', 'magnitude', 'drift'] as const).map((key) => enclosed[key].data()),
    )) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
    const byIntervals = largestOf(low, high);
    const radii = await this.#rows.radii(index, center.length, (done, total) =>
      this.#onProgress?.(this.#done + done, this.#done + total),
    );
    this.#done += center.length;
    // Coefficients come from going backward once, in single precision.
    const error32 = gamma(enclosed.roundings + 8, UNIT32);
    const error64 = gamma(4 * enclosed.roundings + 8, UNIT64);
    const box: Box = { low: new Float64Array(center.length), high: new Float64Array(center.length) };
    for (let i = 0; i < center.length; i++) {
      const radius = radii[i]! * (1 + 1e-9) + spread[i]! * error32 + magnitude[i]! * error64 + drift[i]!;
      // What single precision may not hold is not bounded.
      const isHeld = magnitude[i]! < LARGEST_FLOAT32;
      box.low[i] = isHeld ? Math.max(lowOf(low[i]!), lowOf(center[i]! - radius)) : -Infinity;
      box.high[i] = isHeld ? Math.min(highOf(high[i]!), highOf(center[i]! + radius)) : Infinity;
    }
    this.#layers.push({
      name: node.module?.path ?? '',
      bound: node.attributes.bound,
      byIntervals,
      largest: largestOf(box.low, box.high),
      box,
    });
    const polynomials = polynomialsOf(node, Float64Array.from(await terms.data()), terms.shape);
    const inner = center.length / ((shape[1] ?? 1) * shape[0]!);
    const polynomialAt = (i: number) =>
      polynomials[polynomials.length === 1 ? 0 : Math.floor(i / inner) % polynomials.length]!;
    const relaxation: Relaxation = { slope: new Float32Array(center.length), radius: new Float64Array(center.length) };
    const result = {
      low: new Float64Array(center.length),
      high: new Float64Array(center.length),
      center: new Float64Array(center.length),
      spread: new Float64Array(center.length),
      magnitude: new Float64Array(center.length),
      drift: new Float64Array(center.length),
    };
    for (let i = 0; i < center.length; i++) {
      const [from, to] = [box.low[i]!, box.high[i]!];
      const polynomial = polynomialAt(i);
      const line = enclose(polynomial, from, to);
      const rounding = float32Rounding(polynomial, Math.max(Math.abs(from), Math.abs(to)));
      const slope = Math.abs(line.slope);
      relaxation.slope[i] = line.slope;
      relaxation.radius[i] = line.radius;
      result.low[i] = lowOf(line.low - rounding);
      result.high[i] = highOf(line.high + rounding);
      result.center[i] = line.slope * center[i]! + line.offset;
      result.spread[i] = slope * spread[i]! + line.radius;
      result.magnitude[i] = slope * magnitude[i]! + Math.abs(line.offset) + line.radius;
      result.drift[i] = slope * drift[i]! + rounding;
    }
    this.#rows.relax(index, relaxation);
    const tensors = Object.fromEntries(Object.entries(result).map(([key, data]) => [key, double(data, shape)]));
    this.#enclosed.set(node.outputs[0]!, {
      ...(tensors as unknown as Omit<Enclosed, 'roundings'>),
      roundings: enclosed.roundings + 2,
    });
  }
}

function largestOf(low: Float64Array, high: Float64Array): number {
  return low.reduce((largest, each, i) => Math.max(largest, highOf(Math.max(-each, high[i]!))), 0);
}

function polynomialsOf(
  { attributes }: GraphNode & { readonly operator: 'polynomial' },
  terms: Float64Array,
  shape: Shape,
): EvaluatedPolynomial[] {
  const count = shape.at(-1)!;
  return Array.from({ length: terms.length / count }, (_, channel) =>
    evaluatedPolynomial(attributes, terms.slice(channel * count, (channel + 1) * count)),
  );
}

/** Σ |coefficient|·radius of the coefficients from `offset` on. */
function weightedSizes(coefficients: ArrayLike<number>, offset: number, radius: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < radius.length; i++) sum += Math.abs(coefficients[offset + i]!) * radius[i]!;
  return sum;
}

/** Rows of the matrices that affine forms are: how elements depend on every symbol, found by going backward. */
class AffineRows {
  readonly #graph: Graph;
  readonly #rows: number;
  readonly #relaxations = new Map<number, Relaxation>();
  inputRadius: Float64Array = new Float64Array(0);

  constructor(graph: Graph, rows: number) {
    this.#graph = graph;
    this.#rows = rows;
  }

  /** From here on the polynomial of this node is its line. */
  relax(node: number, relaxation: Relaxation): void {
    this.#relaxations.set(node, relaxation);
  }

  /**
   * Σ |coefficient|·radius over all symbols, for every element that goes into a node; ∞ where a coefficient is not finite.
   */
  async radii(index: number, size: number, onProgress: (done: number, total: number) => void): Promise<Float64Array> {
    const radii = new Float64Array(size).fill(Infinity);
    const isBounded = [...this.#relaxations.values()].every(({ radius }) => radius.every(Number.isFinite));
    if (!isBounded) return radii;
    const wanted = this.#ancestors(index);
    for (let start = 0; start < size; start += this.#rows) {
      const sums = radii.subarray(start, Math.min(start + this.#rows, size)).fill(0);
      for (const { gradient, radius } of this.#coefficients(index, wanted, start, size)) {
        const data = await gradient.data();
        gradient.dispose();
        for (const row of sums.keys()) sums[row]! += weightedSizes(data, row * radius.length, radius);
      }
      onProgress(Math.min(start + this.#rows, size), size);
    }
    return radii.map((radius) => (Number.isNaN(radius) ? Infinity : radius));
  }

  /** The nodes that a node depends on. */
  #ancestors(index: number): ReadonlySet<number> {
    const { nodes } = this.#graph;
    const needed = new Set<GraphValue>([nodes[index]!.inputs[0]!]);
    const found = new Set<number>();
    for (let i = index - 1; i >= 0; i--) {
      if (!nodes[i]!.outputs.some((output) => needed.has(output))) continue;
      found.add(i);
      for (const input of nodes[i]!.inputs) if (input) needed.add(input);
    }
    return found;
  }

  /** The coefficients of all symbols in the elements from `start` on, a row for each. */
  #coefficients(index: number, wanted: ReadonlySet<number>, start: number, size: number) {
    const { inputs, constants, nodes } = this.#graph;
    return scope(() => {
      const input = requireGrad(zeros(inputs[0]!.shape));
      const symbols = [{ leaf: input, radius: this.inputRadius }];
      const values = new Map<GraphValue, Tensor>([[inputs[0]!, input]]);
      for (const constant of constants) values.set(constant, constant.tensor);
      for (const [i, node] of nodes.entries()) {
        if (!wanted.has(i)) continue;
        const relaxation = this.#relaxations.get(i);
        if (relaxation) {
          const x = values.get(node.inputs[0]!)!;
          const leaf = requireGrad(zeros(x.shape));
          symbols.push({ leaf, radius: relaxation.radius });
          const slope = tensor(relaxation.slope, { shape: [1, ...x.shape.slice(1)] });
          values.set(node.outputs[0]!, x.mul(slope).add(leaf));
        } else {
          const results = applyNode(
            node,
            node.inputs.map((value) => value && values.get(value)),
          );
          node.outputs.forEach((value, each) => void values.set(value, results[each]!));
        }
      }
      const output = values.get(nodes[index]!.inputs[0]!)!;
      const seed = new Float32Array(this.#rows * size);
      for (let row = 0; row < Math.min(this.#rows, size - start); row++) seed[row * size + start + row] = 1;
      const gradients = grad(
        output,
        symbols.map(({ leaf }) => leaf),
        { gradient: tensor(seed, { shape: output.shape }) },
      );
      return symbols.map(({ radius }, i) => ({ gradient: gradients[i]!, radius }));
    });
  }
}
