import { type Operator, randomState, restoreRandomState, scope, type Tensor, withTracer } from '@pnn/tensor';
import { CallVertex, type Edge, edgeOf } from './graph.js';
import { recordCall } from './history.js';
import { isRecording } from './recording.js';
import type { Rule } from './rule.js';

const operator: Operator = { name: 'checkpoint', infer: () => [], launch: () => {} };

/** A tracer knows the masks that are drawn again by their numbers. */
function goTo(state: ReturnType<typeof randomState>): void {
  withTracer(undefined, () => restoreRandomState(state));
}

/** The tensors that gradients flow to and that the calls from `firstOrder` on have used but not made. */
function sourcesOf(output: Tensor, firstOrder: number): Tensor[] {
  const madeInside = (edge: Edge | undefined) =>
    edge?.vertex instanceof CallVertex && edge.vertex.order >= firstOrder ? edge.vertex : undefined;
  const outermost = edgeOf(output);
  const start = madeInside(outermost);
  if (!start) return outermost ? [output] : [];
  const inside = new Set<CallVertex>([start]);
  const sources = new Set<Tensor>();
  for (const call of inside) {
    call.edges.forEach((edge, index) => {
      const before = madeInside(edge);
      if (before) inside.add(before);
      else if (edge) sources.add(call.input(index));
    });
  }
  return [...sources];
}

/**
 * Computes `body(...inputs)` and keeps nothing of it but the result; backward computes the body again. Trades time for
 * memory (Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174). Gradients flow to the inputs
 * and to everything else that the body uses, such as the parameters of a layer. The second run draws the same random
 * numbers from the program's named streams, so that dropout masks agree.
 *
 * @param body must compute the same both times; statistics that it updates on the way are updated twice
 */
export function checkpoint(body: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  if (!isRecording()) return scope(() => body(...inputs));
  const state = randomState();
  const [output, captured] = scope(() => {
    // Views, so that an input that the body has captured as well counts as captured, too.
    const views = inputs.map((input) => input.reshape(input.shape));
    const firstOrder = CallVertex.nextOrder;
    const result = body(...views);
    const sources = sourcesOf(result, firstOrder).filter((source) => !views.includes(source));
    return [result.detach(), sources] as const;
  });
  const rule: Rule = {
    capturedFrom: inputs.length,
    fused: () => undefined,
    composition: (views: readonly (Tensor | undefined)[]) => {
      const later = randomState();
      goTo(state);
      try {
        return [body(...(views.slice(0, inputs.length) as Tensor[]))];
      } finally {
        goTo(later);
      }
    },
  };
  const call = { operator, inputs: [...inputs, ...captured], outputs: [output], attributes: undefined };
  if (call.inputs.some((input) => input.requiresGrad)) recordCall(call, rule);
  return output;
}
