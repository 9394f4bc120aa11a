import {
  type DType,
  formatShape,
  GradientError,
  type History,
  type OperatorCall,
  type Shape,
  type Tensor,
} from '@pnn/tensor';
import type { Context, Rule } from './rule.js';

/** A tensor that gradients flow to and that was not computed from such tensors: a parameter, an input. */
export interface LeafVertex extends History {
  readonly kind: 'leaf';
  /** Whether gradients still flow to it. */
  readonly collects: boolean;
  /** What was added up so far. */
  gradient: Tensor | undefined;
}

/** One place in the graph that gradients flow to: an output of a call, or a leaf (index 0). */
export interface Edge {
  readonly vertex: CallVertex | LeafVertex;
  readonly index: number;
}

/** A history that knows its place in the graph. */
export interface RecordedHistory extends History {
  readonly edge: Edge;
}

/** Where gradients of the tensor go, or undefined where it needs none. */
export function edgeOf(tensor: Tensor | undefined): Edge | undefined {
  return (tensor?.history as RecordedHistory | undefined)?.edge;
}

/** One recorded call of an operator. */
export class CallVertex implements Context {
  readonly kind = 'call';
  /** Later calls have larger numbers: descending order visits a call after everything that used its outputs. */
  readonly order: number;
  readonly name: string;
  readonly rule: Rule;
  /** Where the gradient of each input goes on; undefined for inputs that need none. */
  readonly edges: readonly (Edge | undefined)[];
  #call: OperatorCall | undefined;
  readonly #inputs: readonly ({ readonly shape: Shape; readonly dtype: DType; readonly version: number } | undefined)[];
  readonly #outputVersions: readonly number[];
  static #count = 0;

  /** The order of the next call to be recorded. */
  static get nextOrder(): number {
    return CallVertex.#count;
  }

  constructor(call: OperatorCall, rule: Rule) {
    this.order = CallVertex.#count++;
    this.name = call.operator.name;
    this.rule = rule;
    this.edges = call.inputs.map(edgeOf);
    this.#call = call;
    this.#inputs = call.inputs.map(
      (input) => input && { shape: input.shape, dtype: input.dtype, version: input.buffer.version },
    );
    this.#outputVersions = call.outputs.map((output) => output.buffer.version);
  }

  get attributes(): unknown {
    return this.#recorded().attributes;
  }

  shape(index: number): Shape {
    return this.#inputs[index]!.shape;
  }

  dtype(index: number): DType {
    return this.#inputs[index]!.dtype;
  }

  input(index: number): Tensor {
    return this.optionalInput(index)!;
  }

  optionalInput(index: number): Tensor | undefined {
    const tensor = this.#recorded().inputs[index];
    return tensor && this.#intact(tensor, this.#inputs[index]!.version, `input ${index}`);
  }

  output(index: number): Tensor {
    return this.#intact(this.#recorded().outputs[index]!, this.#outputVersions[index]!, `output ${index}`);
  }

  /** Releases the tensors of the call: it cannot be differentiated again. */
  release(): void {
    this.#call = undefined;
  }

  /** @throws GradientError where the tensors of the call were released, whether its rule needs them or not */
  checkRecorded(): void {
    this.#recorded();
  }

  #recorded(): OperatorCall {
    if (!this.#call) {
      throw new GradientError(
        `backward of ${this.name}: the graph was released by an earlier backward: pass retainGraph: true to that one`,
      );
    }
    return this.#call;
  }

  #intact(tensor: Tensor, version: number, role: string): Tensor {
    if (tensor.disposed) {
      throw new GradientError(
        `backward of ${this.name}: ${role} ${formatShape(tensor.shape)} was freed before: ` +
          'call backward inside the scope() that computes the result',
      );
    }
    if (tensor.buffer.version !== version) {
      throw new GradientError(
        `backward of ${this.name}: ${role} ${formatShape(tensor.shape)} was changed in place after it was used: ` +
          'change it after backward, or use a clone()',
      );
    }
    return tensor;
  }
}
