import {
  ArgumentError,
  apply,
  DisposedError,
  DTypeError,
  formatShape,
  type Operator,
  operators,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from '@pnn/tensor';
import { noGrad } from '../recording.js';
import type { GraphConstant, GraphInput, GraphNode, GraphValue } from './node.js';
import { formatGraph, namesOf } from './print.js';

/** What a graph is made of. */
export interface GraphParts {
  readonly inputs: readonly GraphInput[];
  readonly constants: readonly GraphConstant[];
  /** In the order in which they are computed. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphValue[];
  /** Whether the function read elements of what it computes: another input may lead it another way. */
  readonly readsValues: boolean;
}

function execute(node: GraphNode, inputs: readonly (Tensor | undefined)[]): readonly Tensor[] {
  if (node.operator === 'custom') return node.compute(inputs);
  return apply(operators[node.operator] as unknown as Operator, inputs as Tensor[], node.attributes as unknown);
}

/** For each node the results that nothing needs after it. */
function lastUses({ nodes, outputs }: GraphParts): readonly (readonly GraphValue[])[] {
  const neededLater = new Set(outputs);
  const last: GraphValue[][] = nodes.map(() => []);
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { inputs, outputs: results } = nodes[index]!;
    for (const value of [...inputs, ...results]) {
      if (value?.kind !== 'result' || neededLater.has(value)) continue;
      neededLater.add(value);
      last[index]!.push(value);
    }
  }
  return last;
}

/**
 * A computation as data: the operators that a function called, in order, with everything that they need. Made by
 * `trace`. It keeps its constants alive until it is disposed of, outside of any scope; parameters, buffers and captured
 * tensors are not copied, so that a graph computes with what they are when it runs.
 */
export class Graph implements GraphParts, Disposable {
  readonly inputs: readonly GraphInput[];
  readonly constants: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphValue[];
  readonly readsValues: boolean;
  readonly #lastUses: readonly (readonly GraphValue[])[];
  #disposed = false;

  /** Takes over the tensors of the constants. */
  constructor(parts: GraphParts) {
    this.inputs = parts.inputs;
    this.constants = parts.constants;
    this.nodes = parts.nodes;
    this.outputs = parts.outputs;
    this.readsValues = parts.readsValues;
    this.#lastUses = lastUses(parts);
  }

  /**
   * Computes the outputs for other inputs, with the operators in the order of the trace: the same bits as the function
   * gives. What the function changes in place, such as running statistics, is changed; random masks are drawn anew from
   * the generator that the function draws from. No gradients flow through it.
   *
   * @throws ArgumentError, ShapeError or DTypeError where the inputs are not like those of the trace
   * @throws DisposedError after `dispose`
   */
  run(inputs: readonly Tensor[]): Tensor[] {
    if (this.#disposed) throw new DisposedError('Graph.run: the graph was disposed of: trace the function again');
    this.#checkInputs(inputs);
    return scope(() => noGrad(() => this.#compute(inputs)));
  }

  #compute(inputs: readonly Tensor[]): Tensor[] {
    const tensors = new Map<GraphValue, Tensor>();
    this.inputs.forEach((value, index) => {
      tensors.set(value, inputs[index]!);
    });
    for (const constant of this.constants) {
      tensors.set(constant, constant.copied ? constant.tensor.clone() : constant.tensor);
    }
    this.nodes.forEach((node, index) => {
      const results = execute(
        node,
        node.inputs.map((value) => value && tensors.get(value)),
      );
      node.outputs.forEach((value, each) => {
        tensors.set(value, results[each]!);
      });
      for (const value of this.#lastUses[index]!) tensors.get(value)!.dispose();
    });
    return this.outputs.map((value) => tensors.get(value)!.detach());
  }

  #checkInputs(inputs: readonly Tensor[]): void {
    if (inputs.length !== this.inputs.length) {
      throw new ArgumentError(`Graph.run: ${inputs.length} inputs, but the graph has ${this.inputs.length}`);
    }
    this.inputs.forEach(({ shape, dtype }, index) => {
      const input = inputs[index]!;
      const problem =
        `Graph.run: input ${index} is ${input.dtype} ${formatShape(input.shape)}, but the graph was traced with ` +
        `${dtype} ${formatShape(shape)}: `;
      if (input.dtype !== dtype) throw new DTypeError(`${problem}cast() it, or trace the function again`);
      if (!sameShape(input.shape, shape)) throw new ShapeError(`${problem}trace the function again for this shape`);
    });
  }

  /** What `toString` calls the values: `%5`, `2.weight`, `0.5`. */
  names(): ReadonlyMap<GraphValue, string> {
    return namesOf(this);
  }

  /** The graph as a person reads it, one line for each node. */
  toString(): string {
    return formatGraph(this);
  }

  /** Whether the constants were given up. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * Gives the constants up: the graph can be read, but not run any more.
   *
   * @throws DisposedError the second time
   */
  dispose(): void {
    if (this.#disposed) throw new DisposedError('Graph.dispose: the graph was disposed of before');
    this.#disposed = true;
    for (const { tensor } of this.constants) tensor.dispose();
  }

  /** `using graph = …` disposes of it at the end of the block, where that has not happened before. */
  [Symbol.dispose](): void {
    if (!this.#disposed) this.dispose();
  }
}
