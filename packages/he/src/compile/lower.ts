import { type Graph, type GraphNode, type GraphValue, type OperatorNode, type Shape, sizeOf } from '@pnn/nn';
import { PlanError } from '../errors.js';
import {
  type Affine,
  affineOf,
  gathered,
  type Source,
  scaled,
  scaledSource,
  shifted,
  sumOf,
  transformed,
} from './affine.js';
import { fromPowers, ofSecond, plus, type Series, timesVariable } from './chebyshev.js';
import { broadcastPlaces, type Constant, computedConstants, movedPlaces } from './constants.js';
import type { PolynomialLayer, Program } from './program.js';
import { placeOf, refuse } from './refuse.js';
import { degreeOfAll, stepsOf } from './steps.js';
import { convolutionMatrix, poolingMatrix, productMatrix, sumMatrix } from './windows.js';

/** Beyond this, fits are not evaluated in float32 either. */
const MAX_DEGREE = 32;

const POLYNOMIAL_REMEDY = 'use a PolynomialActivation and train with it (pnn train does so unless --relu)';

/** Why operators cannot be computed on encrypted numbers, and what to use instead. */
const remedies: Readonly<Record<string, string>> = {
  relu: POLYNOMIAL_REMEDY,
  maxPool2d: 'use AvgPool2d, a linear map',
  batchNorm: 'normalizes by the statistics of the batch: call eval() on the layer',
  bernoulli: 'drops features at random: call eval() on the layer',
};

type Rule = (node: GraphNode, lowering: Lowering) => Affine;

/** Turns a graph into affine maps and polynomials, node by node. */
class Lowering {
  readonly #affine = new Map<GraphValue, Affine>();
  readonly #constants: Map<GraphValue, Constant>;
  readonly layers: PolynomialLayer[] = [];

  constructor(constants: ReadonlyMap<GraphValue, Constant>) {
    this.#constants = new Map(constants);
  }

  know(value: GraphValue, affine: Affine): void {
    this.#affine.set(value, affine);
  }

  constantOf(value: GraphValue | undefined): Constant | undefined {
    return value && this.#constants.get(value);
  }

  affineOf(value: GraphValue): Affine {
    const known = this.#affine.get(value);
    if (known) return known;
    const { elements } = this.#constants.get(value)!;
    return { size: elements.length, terms: new Map(), constant: Float64Array.from(elements) };
  }

  isEncrypted(value: GraphValue | undefined): boolean {
    return value !== undefined && this.#affine.has(value);
  }

  lower(node: GraphNode): void {
    if (!node.inputs.some((value) => this.isEncrypted(value))) {
      const results = computedConstants(
        node,
        node.inputs.map((value) => this.constantOf(value)),
      );
      node.outputs.forEach((value, i) => {
        this.#constants.set(value, results[i]!);
      });
      return;
    }
    const rule = rules[node.operator];
    if (!rule) {
      const name = node.operator === 'custom' ? node.name : node.operator;
      refuse(node, `${name} cannot be computed on encrypted numbers`, remedies[name] ?? POLYNOMIAL_REMEDY);
    }
    if (node.inPlace)
      refuse(node, `${node.operator} changes an encrypted tensor in place`, 'compute a new tensor instead');
    this.know(node.outputs[0]!, rule(node, this));
  }

  /** The result of polynomials in t = x/B, given by their Chebyshev series. */
  polynomial(
    node: GraphNode,
    x: Affine,
    bound: number,
    polynomials: readonly Series[],
    polynomialOf: Int32Array | undefined,
  ): Affine {
    const degree = degreeOfAll(polynomials);
    if (degree > MAX_DEGREE) {
      refuse(node, `a polynomial of degree ${degree}`, `the largest degree is ${MAX_DEGREE}: train with a smaller one`);
    }
    const byElement = (numbers: readonly number[]) =>
      Float64Array.from({ length: x.size }, (_, i) => numbers[polynomialOf?.[i] ?? 0]!);
    const ofBound = new Float64Array(x.size).fill(1 / bound);
    if (degree <= 1) {
      const slope = byElement(polynomials.map((series) => series[1] ?? 0)).map((value) => value / bound);
      return shifted(scaled(x, slope), byElement(polynomials.map((series) => series[0] ?? 0)));
    }
    const steps = stepsOf(polynomials, polynomialOf);
    const output: Source = { size: x.size };
    const { shape } = node.outputs[0]!;
    this.layers.push({
      name: placeOf(node),
      degree,
      bound,
      shape: shape.slice(1),
      input: scaled(x, ofBound),
      steps,
      output,
    });
    return scaledSource(output, byElement(steps.factor), byElement(steps.constant));
  }
}

function shapeOf(value: GraphValue | undefined): Shape {
  return value!.shape;
}

const movement: Rule = (node, lowering) => {
  const index = node.operator === 'gather' ? node.inputs[1] : undefined;
  if (index && !lowering.constantOf(index))
    refuse(node, 'an index that depends on encrypted numbers', POLYNOMIAL_REMEDY);
  const values = (index ? node.inputs.slice(0, 1) : node.inputs).map((value) => value!);
  const places = movedPlaces(node, values.map(shapeOf), lowering.constantOf(index));
  const missing = node.operator === 'pad' ? node.attributes.value : 0;
  let first = 0;
  const parts = values.map((value) => {
    const x = lowering.affineOf(value);
    const own = places.map((place) => (place >= first && place < first + x.size ? place - first : -1));
    first += x.size;
    return gathered(x, own, values.length === 1 ? missing : 0);
  });
  return parts.reduce((sum, part) => sumOf(sum, part));
};

/** Operands of a binary operator, repeated to the shape of the result. */
function broadcast(node: GraphNode, lowering: Lowering, index: number): Affine {
  const value = node.inputs[index]!;
  const x = lowering.affineOf(value);
  const { shape } = node.outputs[0]!;
  return sizeOf(shape) === x.size ? x : gathered(x, broadcastPlaces(value.shape, shape));
}

function square(node: GraphNode, lowering: Lowering, x: Affine): Affine {
  return lowering.polynomial(node, x, 1, [[0.5, 0, 0.5]], undefined);
}

const product: Rule = (node, lowering) => {
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  if (a === b) return square(node, lowering, lowering.affineOf(a));
  if (lowering.isEncrypted(a) && lowering.isEncrypted(b)) {
    refuse(node, 'a product of two different encrypted tensors', 'use sums, products with constants and polynomials');
  }
  const [x, factor] = lowering.isEncrypted(a) ? [0, 1] : [1, 0];
  return scaled(broadcast(node, lowering, x!), broadcast(node, lowering, factor!).constant);
};

const quotient: Rule = (node, lowering) => {
  if (lowering.isEncrypted(node.inputs[1])) {
    refuse(node, 'a division by an encrypted number', 'divide by constants only, or use a polynomial of 1/x');
  }
  const divisor = broadcast(node, lowering, 1).constant;
  if (divisor.includes(0)) refuse(node, 'a division by zero', 'check the statistics of the normalization');
  return scaled(
    broadcast(node, lowering, 0),
    divisor.map((value) => 1 / value),
  );
};

/** A power with a constant exponent. */
const power: Rule = (node, lowering) => {
  const exponent = lowering.constantOf(node.inputs[1]);
  const [n = NaN] = exponent ? Array.from(exponent.elements) : [];
  if (exponent?.elements.length !== 1 || !Number.isInteger(n) || n < 1 || n > MAX_DEGREE) {
    refuse(node, 'a power', `the exponent must be one whole number from 1 to ${MAX_DEGREE}`);
  }
  const powers = Array.from({ length: n + 1 }, (_, k) => (k === n ? 1 : 0));
  return lowering.polynomial(node, lowering.affineOf(node.inputs[0]!), 1, [fromPowers(powers)], undefined);
};

/** The Chebyshev series in t of coefficients as the kernels take them. */
function seriesOf(terms: readonly number[], { basis, evenTerms }: OperatorNode<'polynomial'>['attributes']): Series {
  if (basis === 'monomial') return fromPowers(terms);
  // Powers of s; with `twice-even-odd` term k is s^(k mod 2)·u^⌊k/2⌋, u = 2s² − 1.
  const inSecond = (own: readonly number[]) => {
    if (basis === 'even-odd') return fromPowers(own);
    const even = ofSecond(fromPowers(own.filter((_, k) => k % 2 === 0)));
    const odd = own.filter((_, k) => k % 2 === 1);
    return odd.length === 0 ? even : plus(even, timesVariable(ofSecond(fromPowers(odd))));
  };
  const even = ofSecond(inSecond(terms.slice(0, evenTerms)));
  const odd = terms.slice(evenTerms);
  return odd.length === 0 ? even : plus(even, timesVariable(ofSecond(inSecond(odd))));
}

const polynomial: Rule = (node, lowering) => {
  if (node.operator !== 'polynomial') throw new PlanError('a rule was called for another operator');
  const [input, second] = node.inputs;
  const coefficients = lowering.constantOf(second);
  if (!coefficients) refuse(node, 'coefficients that depend on the input', 'use fixed or learned coefficients');
  const terms = coefficients.shape.at(-1)!;
  const count = coefficients.elements.length / terms;
  const elements = Array.from(coefficients.elements);
  const polynomials = Array.from({ length: count }, (_, i) =>
    seriesOf(elements.slice(i * terms, (i + 1) * terms), node.attributes),
  );
  const x = lowering.affineOf(input!);
  const inChannel = x.size / count;
  const channels = count === 1 ? undefined : Int32Array.from({ length: x.size }, (_, i) => Math.floor(i / inChannel));
  return lowering.polynomial(node, x, node.attributes.bound, polynomials, channels);
};

function matrixRule<Name extends 'conv2d' | 'averagePool2d' | 'sum'>(
  name: Name,
  compute: (node: OperatorNode<Name>, lowering: Lowering) => Affine,
): Rule {
  return (node, lowering) => {
    if (node.operator !== name) throw new PlanError('a rule was called for another operator');
    return compute(node as OperatorNode<Name>, lowering);
  };
}

const convolution = matrixRule('conv2d', (node, lowering) => {
  const [input, weight, bias] = node.inputs as readonly (GraphValue | undefined)[];
  const kernel = lowering.constantOf(weight);
  if (!kernel) refuse(node, 'a convolution with encrypted weights', 'weights must be constants');
  const { shape } = node.outputs[0]!;
  const result = transformed(
    convolutionMatrix(shapeOf(input), shape, kernel, node.attributes),
    lowering.affineOf(input!),
  );
  if (!bias) return result;
  const added = lowering.constantOf(bias);
  if (!added) refuse(node, 'an encrypted bias', 'the bias must be a constant');
  const plane = shape[2]! * shape[3]!;
  return shifted(
    result,
    result.constant.map((_, i) => added.elements[Math.floor(i / plane)]!),
  );
});

const matmul: Rule = (node, lowering) => {
  if (node.operator !== 'matmul') throw new PlanError('a rule was called for another operator');
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const [left, right] = [lowering.constantOf(a), lowering.constantOf(b)];
  const constant = right ?? left;
  if (!constant) refuse(node, 'a product of two encrypted matrices', 'one of them must be a constant');
  const encrypted = right ? a : b;
  const { shape } = node.outputs[0]!;
  const matrix = productMatrix(node, encrypted.shape, shape, constant, right !== undefined);
  return transformed(matrix, lowering.affineOf(encrypted));
};

const rules: Readonly<Record<string, Rule>> = {
  reshape: movement,
  clone: movement,
  permute: movement,
  slice: movement,
  pad: movement,
  concat: movement,
  gather: movement,
  broadcast: movement,
  cast: (node, lowering) => {
    const { dtype } = node.outputs[0]!;
    if (dtype !== 'float32' && dtype !== 'float64') refuse(node, `a cast to ${dtype}`, 'stay with floating numbers');
    return lowering.affineOf(node.inputs[0]!);
  },
  add: (node, lowering) => sumOf(broadcast(node, lowering, 0), broadcast(node, lowering, 1)),
  sub: (node, lowering) => sumOf(broadcast(node, lowering, 0), broadcast(node, lowering, 1), -1),
  neg: (node, lowering) => {
    const x = lowering.affineOf(node.inputs[0]!);
    return scaled(x, new Float64Array(x.size).fill(-1));
  },
  mul: product,
  div: quotient,
  square: (node, lowering) => square(node, lowering, lowering.affineOf(node.inputs[0]!)),
  pow: power,
  sum: matrixRule('sum', (node, lowering) =>
    transformed(sumMatrix(shapeOf(node.inputs[0]), node.attributes), lowering.affineOf(node.inputs[0]!)),
  ),
  matmul,
  conv2d: convolution,
  averagePool2d: matrixRule('averagePool2d', (node, lowering) => {
    const matrix = poolingMatrix(shapeOf(node.inputs[0]), node.outputs[0]!.shape, node.attributes);
    return transformed(matrix, lowering.affineOf(node.inputs[0]!));
  }),
  polynomial,
};

/**
 * The graph of one sample as affine maps and polynomials. Normalization, pooling, sums and linear layers next to each
 * other become one matrix by this alone.
 *
 * @throws PlanError where it computes anything else: names the layer and what to do
 */
export function lower(
  graph: Graph,
  constants: ReadonlyMap<GraphValue, Constant>,
  normalization?: { readonly factors: Float64Array; readonly shift: Float64Array },
): Program {
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (!input || !output || graph.inputs.length > 1 || graph.outputs.length > 1) {
    throw new PlanError('a network with one input and one output is needed');
  }
  const lowering = new Lowering(constants);
  const source: Source = { size: sizeOf(input.shape) };
  const { factors, shift } = normalization ?? {};
  lowering.know(input, factors && shift ? scaledSource(source, factors, shift) : affineOf(source));
  const needed = new Set<GraphValue>([output]);
  const nodes = [...graph.nodes].reverse();
  const used = new Set<GraphNode>();
  for (const node of nodes) {
    if (!node.inPlace && !node.outputs.some((value) => needed.has(value))) continue;
    used.add(node);
    for (const value of node.inputs) if (value) needed.add(value);
  }
  for (const node of graph.nodes) if (used.has(node)) lowering.lower(node);
  if (!lowering.isEncrypted(output)) throw new PlanError('the output of the network does not depend on its input');
  return {
    inputShape: input.shape.slice(1),
    input: source,
    layers: lowering.layers,
    output: lowering.affineOf(output),
  };
}
