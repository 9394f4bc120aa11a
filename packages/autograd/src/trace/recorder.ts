import {
  activeTracer,
  apply,
  type Buffer,
  formatShape,
  type Generator,
  keep,
  type Operator,
  type OperatorCall,
  type OperatorName,
  operators,
  type Shape,
  sameShape,
  type Tensor,
  type Tracer,
  withTracer,
} from '@pnn/tensor';
import { DrawnMasks } from './drawn-masks.js';
import { Graph } from './graph.js';
import type {
  ConstantOrigin,
  CustomNode,
  GraphConstant,
  GraphInput,
  GraphNode,
  GraphResult,
  GraphValue,
  ModulePlace,
  OperatorNode,
} from './node.js';
import { TraceError } from './trace-error.js';
import type { TracedModule } from './traced-module.js';

/** What is known of elements: the values that look at them, and how often they were changed in place. */
interface Elements {
  readonly values: GraphValue[];
  version: number;
  /** Whether the function has changed them. */
  changed: boolean;
}

/** A call of an operator that a program defined itself. */
export interface CustomCall {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly compute: (inputs: readonly Tensor[]) => Tensor;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Arrays and plain objects without what the program may still change; anything else as it is. */
function frozen<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, frozen(entry)]))) as T;
}

function isMadeInside({ kind }: ConstantOrigin): boolean {
  return kind === 'number' || kind === 'literal';
}

function resultLike({ shape, dtype }: Tensor): GraphResult {
  return { kind: 'result', shape, dtype };
}

function changedUnseen(shape: Shape): TraceError {
  return new TraceError(
    `trace: a tensor ${formatShape(shape)} was changed in place by other means than operators, such as the step of an ` +
      'optimizer: trace what comes before',
  );
}

function isOfEngine(operator: Operator): boolean {
  return Object.hasOwn(operators, operator.name) && Object.is(operators[operator.name as OperatorName], operator);
}

/** Writes down what a function does with tensors, for as long as it is the active tracer. */
export class Recorder implements Tracer {
  readonly #inputs: GraphInput[] = [];
  readonly #constants: Writable<GraphConstant>[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #values = new WeakMap<Tensor, GraphValue>();
  readonly #elements = new WeakMap<Buffer, Elements>();
  /** Elements that were made since the trace began. */
  readonly #allocated = new WeakSet<Buffer>();
  /** Those of them that were not computed. */
  readonly #origins = new WeakMap<Buffer, ConstantOrigin>();
  /** Outputs of nodes that are not in the graph after all. */
  readonly #dropped = new WeakSet<GraphValue>();
  readonly #masks = new DrawnMasks();
  #module: ModulePlace | undefined;
  /** The custom operator that runs at present, and whether it does what only itself can do again. */
  #custom: { opaque: boolean } | undefined;
  #readsValues = false;

  constructor(inputs: readonly Tensor[]) {
    for (const input of inputs) {
      const value: GraphInput = { kind: 'input', shape: input.shape, dtype: input.dtype };
      this.#inputs.push(value);
      this.#allocated.add(input.buffer);
      this.#know(input, value);
    }
  }

  /** Calls the parameters and buffers of the module by their names. */
  name(module: TracedModule): void {
    for (const [name, tensor] of module.namedParameters()) this.#constant(tensor, { kind: 'parameter', name });
    for (const [name, tensor] of module.namedBuffers()) this.#constant(tensor, { kind: 'buffer', name });
  }

  allocated(elements: Buffer): void {
    this.#allocated.add(elements);
  }

  filled(elements: Buffer, value: number): void {
    this.#origins.set(elements, { kind: 'number', value });
  }

  written(elements: Buffer): void {
    this.#origins.set(elements, { kind: 'literal' });
  }

  called({ operator, inputs, outputs, attributes }: OperatorCall): void {
    this.#refusable(() => {
      const parts = {
        inputs: inputs.map((input) => input && this.#valueOf(input)),
        outputs: outputs.map(resultLike),
        inPlace: operator.inPlace ?? false,
        module: this.#module,
        attributes: frozen(attributes),
      };
      const node = isOfEngine(operator)
        ? ({ operator: operator.name, ...parts } as OperatorNode)
        : ({
            operator: 'custom',
            name: operator.name,
            compute: (tensors) => apply(operator, tensors as readonly Tensor[], attributes),
            ...parts,
          } satisfies CustomNode);
      if (node.operator === 'bernoulli') {
        const repeated = this.#masks.repeated(outputs[0]!, node.outputs[0]!, node.attributes);
        if (repeated) {
          this.#know(outputs[0]!, repeated);
          return;
        }
      }
      this.#add(node, outputs);
    });
  }

  changing(tensor: Tensor): void {
    this.#refusable(() => this.#valueOf(tensor));
    // A custom operator that is one node changes what the graph knows, too.
    const elements = this.#elements.get(tensor.buffer);
    if (!elements) return;
    elements.version++;
    elements.changed = true;
    for (const value of elements.values) {
      if (value.kind === 'constant' && isMadeInside(value.origin) && !value.copied) this.#copy(value);
    }
  }

  changingUnseen({ shape }: Tensor): void {
    this.#refusable(() => {
      throw changedUnseen(shape);
    });
  }

  reading(elements: Buffer): void {
    if (this.#custom) {
      this.#custom.opaque = true;
      return;
    }
    const known = this.#elements.get(elements);
    if (known?.changed || known?.values.some(({ kind }) => kind !== 'constant')) this.#readsValues = true;
  }

  seeded(generator: Generator): void {
    this.#masks.seeded(generator);
  }

  drawing({ stream }: Generator): void {
    this.#refusable(() => {
      throw new TraceError(
        `trace: the function draws a random number from the stream '${stream}', which the graph could not do: ` +
          'use dropoutMask(), or pass what is drawn as an input',
      );
    });
  }

  /** Runs the forward of a module. */
  inside(place: ModulePlace, forward: () => Tensor): Tensor {
    const outer = this.#module;
    this.#module = place;
    try {
      return forward();
    } finally {
      this.#module = outer;
    }
  }

  /**
   * Computes a custom operator: the operators that it is made of become nodes, or, where it does what the graph could
   * not do, such as computing with elements that it reads, it becomes a node itself.
   */
  custom({ name, inputs, attributes, compute }: CustomCall): Tensor {
    // Known from the start, so that it is noticed if the operator changes one of them in place.
    this.#refusable(() => {
      for (const input of inputs) this.#valueOf(input);
    });
    const outer = this.#custom;
    const own = { opaque: false };
    const before = this.#nodes.length;
    this.#custom = own;
    let output: Tensor;
    try {
      output = compute(inputs);
    } finally {
      this.#custom = outer;
    }
    if (own.opaque) {
      for (const { outputs } of this.#nodes.splice(before)) for (const value of outputs) this.#dropped.add(value);
      this.#refusable(() => {
        const node: CustomNode = {
          operator: 'custom',
          name,
          attributes,
          inputs: inputs.map((input) => this.#valueOf(input)),
          outputs: [resultLike(output)],
          inPlace: false,
          module: this.#module,
          compute: (tensors) => [compute(tensors as readonly Tensor[])],
        };
        this.#add(node, [output]);
      });
    }
    return output;
  }

  /** The graph of what was recorded. */
  graph(outputs: readonly Tensor[]): Graph {
    const results = outputs.map((output) => this.#valueOf(output));
    for (const { tensor } of this.#constants) this.#elementsOf(tensor);
    const used = new Set([...this.#nodes.flatMap(({ inputs }) => inputs), ...results]);
    const constants = [...used].filter((value) => value?.kind === 'constant');
    for (const constant of this.#constants) if (!used.has(constant)) constant.tensor.dispose();
    return new Graph({
      inputs: this.#inputs,
      constants,
      nodes: this.#nodes,
      outputs: results,
      readsValues: this.#readsValues,
    });
  }

  /** Lets the constants go where there will be no graph. */
  abandon(): void {
    for (const { tensor } of this.#constants) if (!tensor.disposed) tensor.dispose();
  }

  /** Runs what may refuse to be traced: within a custom operator that means that it becomes a node as a whole. */
  #refusable(record: () => void): void {
    if (this.#custom?.opaque) return;
    try {
      record();
    } catch (error) {
      if (!this.#custom || !(error instanceof TraceError)) throw error;
      this.#custom.opaque = true;
    }
  }

  #know(tensor: Tensor, value: GraphValue): void {
    const { buffer } = tensor;
    const elements = this.#elements.get(buffer);
    if (elements) elements.values.push(value);
    else this.#elements.set(buffer, { values: [value], version: buffer.version, changed: false });
    this.#values.set(tensor, value);
  }

  #add(node: GraphNode, outputs: readonly Tensor[]): void {
    this.#nodes.push(node);
    node.outputs.forEach((value, index) => {
      this.#know(outputs[index]!, value);
    });
  }

  #constant(tensor: Tensor, origin: ConstantOrigin): GraphConstant {
    const value: Writable<GraphConstant> = {
      kind: 'constant',
      shape: tensor.shape,
      dtype: tensor.dtype,
      origin,
      tensor: keep(tensor.detach()),
      copied: false,
    };
    this.#constants.push(value);
    this.#know(tensor, value);
    return value;
  }

  /** Gives the constant a copy of the elements that it has before they are changed. */
  #copy(constant: Writable<GraphConstant>): void {
    const shared = constant.tensor;
    constant.tensor = withTracer(undefined, () => keep(shared.clone()));
    constant.copied = true;
    shared.dispose();
  }

  /** @throws TraceError where they were changed unseen */
  #elementsOf({ buffer, shape }: Tensor): Elements | undefined {
    const elements = this.#elements.get(buffer);
    if (elements && elements.version !== buffer.version) {
      throw changedUnseen(shape);
    }
    return elements;
  }

  /** What the graph calls the tensor; a tensor that is new to it becomes a constant. */
  #valueOf(tensor: Tensor): GraphValue {
    const elements = this.#elementsOf(tensor);
    const { buffer, shape } = tensor;
    const isNamed = (value: GraphValue) => !this.#dropped.has(value) && sameShape(value.shape, shape);
    const own = this.#values.get(tensor);
    // Another handle of the same elements, such as a detached one, has the same name.
    const known = own && isNamed(own) ? own : elements?.values.find(isNamed);
    if (known) return known;
    const origin = this.#allocated.has(buffer) ? this.#origins.get(buffer) : ({ kind: 'captured' } as const);
    if (!origin) {
      throw new TraceError(
        `trace: a tensor ${formatShape(shape)} was computed by other means than operators, such as a kernel of the ` +
          'device: put that into a customOperator(), or trace what comes before',
      );
    }
    return this.#constant(tensor, origin);
  }
}

/** Computes a custom operator, under the eyes of the recorder where there is one. */
export function computeCustom(call: CustomCall): Tensor {
  const tracer = activeTracer();
  return tracer instanceof Recorder ? tracer.custom(call) : call.compute(call.inputs);
}
