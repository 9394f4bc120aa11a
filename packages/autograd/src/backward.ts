import {
  activeTracer,
  DTypeError,
  formatShape,
  GradientError,
  type History,
  keep,
  onesLike,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  zerosLike,
} from '@pnn/tensor';
import { type CallVertex, type Edge, edgeOf } from './graph.js';
import { Parts, type Place } from './parts.js';
import { enableGrad, noGrad } from './recording.js';
import type { FusedRule, PartRule, Rule, SharedRule, Vjp, VjpOfAll } from './rule.js';

/** Whether gradients are recorded themselves, and whether the graph can be differentiated again. */
export interface BackwardOptions {
  /**
   * Keeps what the graph holds, so that it can be differentiated again.
   *
   * @default the value of `createGraph`
   */
  readonly retainGraph?: boolean;
  /**
   * Records the computation of the gradients, so that they can be differentiated.
   *
   * @default false
   */
  readonly createGraph?: boolean;
}

/** What is told while a backward goes on. */
export interface BackwardProgress {
  /**
   * The gradient of a leaf is in its `grad` and final, for all that used the leaf has been gone through: it can be sent
   * while others are computed.
   *
   * @param history the `history` of the leaf
   */
  leaf?(history: History): unknown;
  /** A call has been gone through. */
  call?(): unknown;
}

interface TraversalOptions extends BackwardOptions {
  readonly progress?: BackwardProgress | undefined;
  /** Whether what lies behind a target is left alone, even where another target is to be found there. */
  readonly stopAtInputs?: boolean;
}

interface Root {
  readonly tensor: Tensor;
  readonly gradient: Tensor | undefined;
}

/** Gradients that are on their way: one for each output of a call. Each is a handle of its own. */
class Pending {
  readonly #gradients = new Map<Edge['vertex'], (Tensor | undefined)[]>();
  readonly #parts = new Map<Edge['vertex'], Parts[]>();
  readonly #differentiable: boolean;

  constructor(differentiable: boolean) {
    this.#differentiable = differentiable;
  }

  add({ vertex, index }: Edge, gradient: Tensor): void {
    let slots = this.#gradients.get(vertex);
    if (!slots) {
      slots = [];
      this.#gradients.set(vertex, slots);
    }
    const before = slots[index];
    slots[index] = before ? before.add(gradient) : gradient;
    if (before) this.#dispose([before, gradient]);
  }

  /** Adds the gradient of a part of a tensor of the shape. */
  addPart({ vertex, index }: Edge, shape: Shape, gradient: Tensor, place: Place): void {
    let slots = this.#parts.get(vertex);
    if (!slots) {
      slots = [];
      this.#parts.set(vertex, slots);
    }
    slots[index] ??= new Parts(shape, (_, terms) => this.#dispose(terms));
    slots[index].add(gradient, place);
  }

  /** The gradients of a vertex, to which nothing will be added any more. */
  of(vertex: Edge['vertex']): readonly (Tensor | undefined)[] {
    const parts = this.#parts.get(vertex);
    this.#parts.delete(vertex);
    parts?.forEach((each, index) => {
      this.add({ vertex, index }, computed(this.#differentiable, () => [each.sum()])[0]!);
      this.#dispose(each.gradients);
    });
    return this.#gradients.get(vertex) ?? [];
  }

  /** Frees the gradients of a call that has been gone through. */
  done(vertex: CallVertex, captured: ReadonlySet<Tensor>): void {
    if (this.#differentiable) return;
    for (const gradient of this.of(vertex)) if (gradient && !captured.has(gradient)) gradient.dispose();
    this.#gradients.delete(vertex);
  }

  #dispose(gradients: readonly Tensor[]): void {
    if (!this.#differentiable) for (const gradient of gradients) gradient.dispose();
  }
}

/** Gradients as handles of their own, recorded if they are to be differentiated. */
function computed(
  differentiable: boolean,
  compute: () => readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  return differentiable ? compute() : scope(() => noGrad(compute).map((result) => result?.detach()));
}

/** Places in the graph, of which one asks for many others whether they are among them. */
class Targets {
  readonly #edges = new Map<Edge['vertex'], Edge[]>();

  constructor(edges: readonly Edge[]) {
    for (const edge of edges) {
      const own = this.at(edge.vertex);
      if (own.some(({ index }) => index === edge.index)) continue;
      this.#edges.set(edge.vertex, [...own, edge]);
    }
  }

  /** Those of a vertex. */
  at(vertex: Edge['vertex']): readonly Edge[] {
    return this.#edges.get(vertex) ?? [];
  }

  has({ vertex, index }: Edge): boolean {
    return this.at(vertex).some((edge) => edge.index === index);
  }

  /** All, each once. */
  get edges(): readonly Edge[] {
    return [...this.#edges.values()].flat();
  }
}

/** The leaves that some calls lead to, until the last one of these has been gone through. */
class Leaves {
  readonly #uses = new Map<Edge['vertex'], { readonly edge: Edge; count: number }>();

  constructor(starts: readonly Edge[], calls: readonly CallVertex[]) {
    for (const edge of [...starts, ...calls.flatMap(({ edges }) => edges)]) {
      if (edge?.vertex.kind !== 'leaf') continue;
      const use = this.#uses.get(edge.vertex) ?? { edge, count: 0 };
      use.count++;
      this.#uses.set(edge.vertex, use);
    }
  }

  /** Leaves that no other call has used; they are forgotten. */
  usedBy({ edges }: CallVertex): Edge[] {
    return edges.flatMap((edge) => {
      const use = edge && this.#uses.get(edge.vertex);
      if (!use || --use.count > 0) return [];
      this.#uses.delete(use.edge.vertex);
      return [use.edge];
    });
  }

  /** Those that are left. */
  get rest(): Edge[] {
    return Array.from(this.#uses.values(), ({ edge }) => edge);
  }
}

/** The calls that the roots depend on, latest first, without those behind the ends. */
function callsBehind(roots: readonly Edge[], ends: readonly Edge[]): CallVertex[] {
  const found = new Set<CallVertex>();
  const endings = new Set(ends.map(({ vertex }) => vertex));
  const waiting = roots.map(({ vertex }) => vertex);
  for (let vertex = waiting.pop(); vertex; vertex = waiting.pop()) {
    if (vertex.kind === 'leaf' || found.has(vertex) || endings.has(vertex)) continue;
    found.add(vertex);
    for (const edge of vertex.edges) if (edge) waiting.push(edge.vertex);
  }
  return [...found].sort((a, b) => b.order - a.order);
}

/** Of these calls (latest first), those through which a target can be reached. */
function callsBefore(calls: readonly CallVertex[], targets: Targets): Set<CallVertex> {
  const reaching = new Set<CallVertex>();
  for (let i = calls.length - 1; i >= 0; i--) {
    const call = calls[i]!;
    const leads = call.edges.some(
      (edge) => edge && (targets.has(edge) || (edge.vertex.kind === 'call' && reaching.has(edge.vertex))),
    );
    if (leads) reaching.add(call);
  }
  return reaching;
}

function isFused(rule: Rule): rule is FusedRule<never, unknown> & Rule {
  return typeof rule === 'object' && 'fused' in rule;
}

function isPart(rule: Rule): rule is PartRule<unknown> & Rule {
  return typeof rule === 'object' && 'place' in rule;
}

function isShared(rule: Rule): rule is SharedRule<unknown> & Rule {
  return typeof rule === 'object' && 'own' in rule;
}

/** The gradients of the inputs of a call, one vjp for each input that needs one. */
function differentiate(
  call: CallVertex,
  gradients: readonly (Tensor | undefined)[],
  needed: readonly boolean[],
  createGraph: boolean,
  overwrite: boolean,
): readonly (Tensor | undefined)[] {
  const { rule } = call;
  if (isFused(rule)) {
    return (
      (createGraph ? undefined : rule.fused(gradients, call, needed, overwrite)) ??
      compose(call, rule, gradients, needed, createGraph)
    );
  }
  const [gradient] = gradients;
  if (!gradient) return [];
  if (typeof rule === 'function') return (rule as VjpOfAll<unknown>)(gradient, call, needed);
  const vjps = rule as readonly (Vjp | undefined)[];
  return needed.map((wanted, index) => (wanted ? vjps[index]?.(gradient, call) : undefined));
}

/**
 * Whether nobody will look at the elements of a gradient once its call has been gone through, so that the device can compute
 * another gradient in their place. A tracer would take the two for one.
 */
function isSpent(gradient: Tensor | undefined, captured: ReadonlySet<Tensor>): boolean {
  if (!gradient?.device.memory.inPlace || captured.has(gradient) || activeTracer()) return false;
  return gradient.buffer.references === 1;
}

/** @throws GradientError where a vjp gave something that cannot be the gradient of its input */
function checkResult(call: CallVertex, index: number, { shape, dtype }: Tensor): void {
  if (sameShape(shape, call.shape(index)) && dtype === call.dtype(index)) return;
  throw new GradientError(
    `backward of ${call.name}: the vjp of input ${index} gave ${dtype} ${formatShape(shape)}, but the input is ` +
      `${call.dtype(index)} ${formatShape(call.shape(index))}: sumTo() its shape and cast() to its type`,
  );
}

/** Differentiates the composition of a fused operator instead, with views of the inputs as its leaves. */
function compose(
  call: CallVertex,
  rule: FusedRule<never, unknown>,
  gradients: readonly (Tensor | undefined)[],
  needed: readonly boolean[],
  createGraph: boolean,
): readonly (Tensor | undefined)[] {
  const run = () => {
    const views = call.edges.map((_, index) => {
      const input = call.optionalInput(index);
      const isArgument = index < (rule.capturedFrom ?? Number.POSITIVE_INFINITY);
      return needed[index] && isArgument ? input?.reshape(input.shape) : input;
    });
    const outputs = rule.composition(views as never, call.attributes);
    const roots = outputs.flatMap((tensor, index) => {
      const gradient = gradients[index];
      return gradient && tensor.requiresGrad ? [{ tensor, gradient }] : [];
    });
    const targets = views.flatMap((view, index) => (needed[index] && view ? [view] : []));
    const found = gradientsOf(roots, targets, { createGraph, stopAtInputs: true });
    return needed.map((wanted) => (wanted ? found.shift() : undefined));
  };
  return enableGrad(() => (rule.around ? rule.around(run) : run()));
}

/**
 * Goes from the roots through the graph, latest call first, and hands over the gradients of the targets (of all leaves
 * where there are no targets). Without `createGraph` every gradient on the way is freed once it has been passed on.
 */
function* traverse(
  roots: readonly Root[],
  options: TraversalOptions,
  targets: readonly Edge[] | undefined,
  receive: (edge: Edge, gradient: Tensor) => void,
): Generator<Tensor, void, Tensor> {
  const createGraph = options.createGraph ?? false;
  const retainGraph = options.retainGraph ?? createGraph;
  const starts = roots.map(({ tensor }) => edgeOf(tensor)!);
  const calls = callsBehind(starts, options.stopAtInputs && targets ? targets : []);
  const wanted = targets && new Targets(targets);
  const reaching = wanted && callsBefore(calls, wanted);
  const leaves = new Leaves(starts, wanted ? [] : calls);
  const pending = new Pending(createGraph);
  const captured = new Set<Tensor>();
  const capture = (edge: Edge): void => {
    const gradient = pending.of(edge.vertex)[edge.index];
    if (!gradient) return;
    captured.add(gradient);
    receive(edge, gradient);
  };
  const handleOf = (gradient: Tensor): Tensor => (createGraph ? gradient.reshape(gradient.shape) : gradient.detach());
  const isWanted = (edge: Edge | undefined): boolean =>
    edge !== undefined && (!wanted || wanted.has(edge) || (edge.vertex.kind === 'call' && reaching!.has(edge.vertex)));

  roots.forEach(({ tensor, gradient }, i) => {
    pending.add(starts[i]!, gradient ? handleOf(gradient) : onesLike(tensor));
  });
  for (const call of calls) {
    const gradients = pending.of(call);
    for (const target of wanted?.at(call) ?? []) capture(target);
    if (gradients.length > 0 && (!reaching || reaching.has(call))) {
      call.checkRecorded();
      const needed = call.edges.map(isWanted);
      if (isPart(call.rule)) {
        if (needed[0])
          pending.addPart(call.edges[0]!, call.shape(0), handleOf(gradients[0]!), call.rule.place(call.attributes));
      } else {
        const overwrite = !createGraph && isSpent(gradients[0], captured);
        let compute = () => differentiate(call, gradients, needed, createGraph, overwrite);
        if (isShared(call.rule)) {
          const { rule } = call;
          const gradient = gradients[0]!;
          const own = computed(createGraph, () => [rule.own(gradient, call)])[0]!;
          const total = yield own;
          compute = () => rule.gradients(gradient, call, own, total);
        }
        const results = computed(createGraph, compute);
        results.forEach((result, index) => {
          if (!result || !needed[index]) return;
          checkResult(call, index, result);
          pending.add(call.edges[index]!, result);
        });
      }
    }
    pending.done(call, captured);
    if (!retainGraph) call.release();
    if (options.progress) {
      for (const leaf of leaves.usedBy(call)) capture(leaf);
      options.progress.call?.();
    }
  }
  for (const edge of wanted ? wanted.edges : leaves.rest) capture(edge);
}

/**
 * The gradient with elements that no other tensor looks at: what is added to two tensors has one gradient for both, but
 * a change in place of one, such as clipping, must not reach the other.
 */
function unshared(gradient: Tensor): Tensor {
  if (gradient.buffer.references === 1) return gradient;
  const copy = gradient.clone();
  gradient.dispose();
  return copy;
}

function checkRoot(operation: string, { tensor, gradient }: Root): void {
  if (!edgeOf(tensor)) {
    throw new GradientError(`${operation}: the tensor depends on nothing that requires a gradient: see requireGrad()`);
  }
  if (!gradient && tensor.size !== 1) {
    throw new ShapeError(
      `${operation}: ${formatShape(tensor.shape)} is not a scalar: pass the gradient with respect to it`,
    );
  }
  if (gradient && !sameShape(gradient.shape, tensor.shape)) {
    throw new ShapeError(
      `${operation}: gradient ${formatShape(gradient.shape)} for a tensor ${formatShape(tensor.shape)}: the shapes differ`,
    );
  }
  if (gradient && gradient.dtype !== tensor.dtype) {
    throw new DTypeError(
      `${operation}: gradient ${gradient.dtype} for a tensor ${tensor.dtype}: make the types equal with cast()`,
    );
  }
}

/** Adds the gradient of the root to the `grad` of every leaf behind it. */
export function accumulateGradients(
  root: Root,
  options: BackwardOptions & { readonly progress?: BackwardProgress | undefined },
): void {
  checkRoot('backward', root);
  scope(() => alone(accumulation(root, options)));
}

function accumulation(
  root: Root,
  options: BackwardOptions & { readonly progress?: BackwardProgress | undefined },
): Generator<Tensor, void, Tensor> {
  return traverse([root], options, undefined, ({ vertex }, gradient) => {
    if (vertex.kind !== 'leaf' || !vertex.collects) return;
    const before = vertex.gradient;
    if (!before || before.disposed) vertex.gradient = keep(unshared(gradient));
    else {
      vertex.gradient = keep(before.add(gradient));
      before.dispose();
    }
    options.progress?.leaf?.(vertex);
  });
}

/** @throws GradientError where a gradient depends on other shards */
function alone(steps: Generator<Tensor, void, Tensor>): void {
  if (steps.next().done) return;
  throw new GradientError(
    'backward: what was computed together with other shards has gradients by backwardInSteps alone',
  );
}

/**
 * Adds the gradient of a scalar to the `grad` of every leaf that it depends on, like `backward`, in steps: a step ends where
 * the gradients depend on other shards of the batch, and yields the part that this one has. The next one is given the sum of
 * the parts of all shards. To be run in a scope that lasts until the end, such as a `LastingScope`.
 *
 * @throws GradientError where it depends on no leaf, or the graph was released by an earlier backward
 */
export function backwardInSteps(tensor: Tensor): Generator<Tensor, void, Tensor> {
  const root = { tensor, gradient: undefined };
  checkRoot('backwardInSteps', root);
  return accumulation(root, {});
}

/** The gradients of the sum of the roots with respect to the targets; zeros for a target that it does not depend on. */
export function gradientsOf(roots: readonly Root[], targets: readonly Tensor[], options: TraversalOptions): Tensor[] {
  const edges = targets.map((target) => {
    const edge = edgeOf(target);
    if (!edge) throw new GradientError('grad: an input does not require a gradient: pass it to requireGrad() first');
    return edge;
  });
  const found = new Map<Edge['vertex'], (Tensor | undefined)[]>();
  const receive = ({ vertex, index }: Edge, gradient: Tensor) => {
    const slots = found.get(vertex) ?? [];
    slots[index] = gradient;
    found.set(vertex, slots);
  };
  alone(traverse(roots, options, edges, receive));
  const given = new Set<Tensor>();
  return targets.map((target, position) => {
    const { vertex, index } = edges[position]!;
    const gradient = found.get(vertex)?.[index] ?? zerosLike(target);
    const handle = given.has(gradient) ? gradient.reshape(gradient.shape) : gradient;
    given.add(gradient);
    return handle;
  });
}

/**
 * The gradients of a scalar (or of ⟨gradient, output⟩) with respect to tensors that it was computed from, without
 * adding to the `grad` of any leaf.
 *
 * @param inputs leaves or intermediate results; one that the output does not depend on gets zeros
 * @throws GradientError where the output or an input does not require a gradient, or the graph was released
 * @throws ShapeError where the output is not a scalar and no gradient is given
 */
export function grad(
  output: Tensor,
  inputs: readonly Tensor[],
  options: BackwardOptions & { readonly gradient?: Tensor } = {},
): Tensor[] {
  const root = { tensor: output, gradient: options.gradient };
  checkRoot('grad', root);
  if (options.createGraph) return gradientsOf([root], inputs, options);
  return scope(() => gradientsOf([root], inputs, options).map(unshared));
}
