import { GradientError, type Operator, recordEffects, replayEffects, scope, type Tensor } from '@pnn/tensor';
import { CallVertex, type Edge, edgeOf } from './graph.js';
import { recordCall } from './history.js';
import { isRecording } from './recording.js';
import type { Rule } from './rule.js';

const operator: Operator = { name: 'checkpoint', infer: () => [], launch: () => {} };

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
 * and to everything else that the body uses, such as the parameters of a layer.
 *
 * The second run sees what the first one saw of all that the first one changes, and changes nothing: every generator that
 * it draws from is taken back before and put where it stood afterwards, and so are tensors that it changes in place, such
 * as running statistics. Hooks of modules hear of the first run only.
 *
 * @param body must compute the same both times
 */
export function checkpoint(body: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  if (!isRecording()) return scope(() => body(...inputs));
  const { result, effects } = recordEffects(() =>
    scope(() => {
      // Views, so that an input that the body has captured as well counts as captured, too.
      const views = inputs.map((input) => input.reshape(input.shape));
      const firstOrder = CallVertex.nextOrder;
      const output = body(...views);
      const sources = sourcesOf(output, firstOrder).filter((source) => !views.includes(source));
      return [output.detach(), sources] as const;
    }),
  );
  const [output, captured] = result;
  const rule: Rule = {
    capturedFrom: inputs.length,
    fused: () => undefined,
    composition: (views: readonly (Tensor | undefined)[]) => [body(...(views.slice(0, inputs.length) as Tensor[]))],
    around: (differentiation) => {
      if (effects.tensors.some(({ copy }) => copy.disposed)) {
        throw new GradientError(
          'backward of checkpoint: what it has kept of the tensors that it changes was freed before: ' +
            'call backward inside the scope() that computes the result',
        );
      }
      return replayEffects(effects, differentiation);
    },
  };
  const call = { operator, inputs: [...inputs, ...captured], outputs: [output], attributes: undefined };
  if (call.inputs.some((input) => input.requiresGrad)) recordCall(call, rule);
  return output;
}
