import { ArgumentError, activeTracer, scope, Tensor, withTracer } from '@pnn/tensor';
import { requireGrad, zeroGrad } from './history.js';
import type { Graph } from './trace/graph.js';
import { Recorder } from './trace/recorder.js';
import { TraceError } from './trace/trace-error.js';
import { followForward, type TracedModule } from './trace/traced-module.js';

/** Options of `trace`. */
export interface TraceOptions {
  /** The module whose parameters and submodules have names in the graph of a function that calls it. */
  readonly module?: TracedModule;
}

/** A tensor with the elements of the input that nothing else looks at, so that only the argument is taken for it. */
function argumentFrom(input: Tensor): Tensor {
  const argument = input.detach().clone();
  return input.requiresGrad ? requireGrad(argument) : argument;
}

function tensorsOf(result: unknown): readonly Tensor[] {
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new ArgumentError('trace: the function must not be asynchronous: await before or after the trace');
  }
  const tensors: readonly unknown[] = Array.isArray(result) ? result : [result];
  if (!tensors.every((each) => each instanceof Tensor)) {
    throw new ArgumentError('trace: the function must return a tensor or an array of tensors');
  }
  return tensors;
}

/**
 * Runs a function (or the `forward` of a module, in training or evaluation as it is) once and gives the operators that
 * it called as a graph: those on constants and in `noGrad`, `checkpoint` and custom operators as well, updates in place
 * such as BatchNorm's running statistics, and random masks, which are drawn anew in every run.
 *
 * The graph is what the function does with inputs of these shapes and types. Where it reads elements that it has
 * computed and goes another way for other ones, or computes with them outside of tensors, the graph keeps to the way of
 * this run, and its `readsValues` is true; a custom operator that does so is one node. Gradients that `backward` adds up are no outputs:
 * return those of `grad`.
 *
 * @param inputs the arguments; the function gets copies of them
 * @returns the graph, which lives until it is disposed of, also inside of a `scope`
 * @throws TraceError where the function draws random numbers other than by `dropoutMask`, or changes or computes tensors
 *   by other means than operators, as an optimizer does
 * @throws ArgumentError where it is asynchronous or returns anything but tensors
 */
export function trace(
  traced: TracedModule | ((...inputs: Tensor[]) => Tensor | readonly Tensor[]),
  inputs: readonly Tensor[],
  options: TraceOptions = {},
): Graph {
  if (activeTracer()) throw new TraceError('trace: another trace is going on: call the function itself');
  const isFunction = typeof traced === 'function';
  const module = isFunction ? options.module : traced;
  return scope(() => {
    const given = inputs.map(argumentFrom);
    const recorder = new Recorder(given);
    try {
      if (module) recorder.name(module);
      const run = () => (isFunction ? traced(...given) : traced.forward(...given));
      const followed = module
        ? () => followForward(module, (place, forward) => recorder.inside(place, forward), run)
        : run;
      return recorder.graph(tensorsOf(withTracer(recorder, followed)));
    } catch (error) {
      recorder.abandon();
      throw error;
    } finally {
      // What backward has added up for an argument lives until it is freed.
      for (const argument of given) zeroGrad(argument);
    }
  });
}
