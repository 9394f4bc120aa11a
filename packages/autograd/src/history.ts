import { DTypeError, GradientError, isFloat, type OperatorCall, type OperatorName, type Tensor } from '@pnn/tensor';
import { accumulateGradients, type BackwardProgress } from './backward.js';
import { CallVertex, type Edge, type LeafVertex, type RecordedHistory } from './graph.js';
import { isRecording } from './recording.js';
import { constant, type Rule } from './rule.js';
import { rules } from './rules/index.js';

/** Records a call with this rule: its outputs of float type get a history. */
export function recordCall(call: OperatorCall, rule: Rule): void {
  if (!isRecording() || rule === constant || !call.outputs.some(({ dtype }) => isFloat(dtype))) return;
  const vertex = new CallVertex(call, rule);
  call.outputs.forEach((output, index) => {
    if (isFloat(output.dtype)) output.history = new Produced(vertex, index);
  });
}

abstract class Recorded implements RecordedHistory {
  abstract readonly edge: Edge;
  gradient: Tensor | undefined;

  get isLeaf(): boolean {
    return this.edge.vertex.kind === 'leaf';
  }

  record(call: OperatorCall): void {
    recordCall(call, rules[call.operator.name as OperatorName] as Rule);
  }

  backward(tensor: Tensor, gradient: Tensor | undefined): void {
    accumulateGradients({ tensor, gradient }, {});
  }
}

/** The history of an output of a recorded call. */
class Produced extends Recorded {
  readonly edge: Edge;

  constructor(vertex: CallVertex, index: number) {
    super();
    this.edge = { vertex, index };
  }
}

/** The history of a leaf, which collects gradients. */
class Leaf extends Recorded implements LeafVertex {
  readonly kind = 'leaf';
  collects = true;
  readonly edge: Edge = { vertex: this, index: 0 };
}

/**
 * Makes gradients flow to the tensor: `backward` adds them up in its `grad`. With `required` false, makes them stop: its
 * gradient is freed, and it gets none from what was computed with it before either.
 *
 * @param required true unless it is given
 * @throws DTypeError for integers and truth values
 * @throws GradientError where the tensor was computed from others that require gradients
 */
export function requireGrad<T extends Tensor>(tensor: T, required = true): T {
  if (!isFloat(tensor.dtype)) {
    throw new DTypeError(`requireGrad: ${tensor.dtype} tensors have no gradients: cast() to float32 or float64`);
  }
  if (tensor.history instanceof Produced) {
    throw new GradientError(
      'requireGrad: the tensor was computed from others that require gradients: detach() it first',
    );
  }
  if (required) tensor.history ??= new Leaf();
  else if (tensor.history instanceof Leaf) {
    zeroGrad(tensor);
    tensor.history.collects = false;
    tensor.history = undefined;
  }
  return tensor;
}

/**
 * Adds the gradient of the tensor to the `grad` of every leaf that it depends on; `tensor.backward()` is the short form.
 *
 * @throws GradientError where it depends on none, or the graph was released by an earlier backward
 */
export function backward(tensor: Tensor, options: BackwardCallOptions = {}): void {
  accumulateGradients({ tensor, gradient: options.gradient }, options);
}

/** Options of `backward`. */
export interface BackwardCallOptions {
  /**
   * The gradient of the final result with respect to the tensor; needed unless that is a scalar.
   *
   * @default 1
   */
  readonly gradient?: Tensor;
  /**
   * Keeps what the graph holds, so that it can be differentiated again.
   *
   * @default false
   */
  readonly retainGraph?: boolean;
  /** Is told how far it is. Where it fails, the gradients of the leaves that were told of are there. */
  readonly progress?: BackwardProgress;
}

/** Frees the gradient that a leaf has collected. */
export function zeroGrad(tensor: Tensor): void {
  const { history } = tensor;
  if (!history?.gradient) return;
  if (!history.gradient.disposed) history.gradient.dispose();
  history.gradient = undefined;
}
