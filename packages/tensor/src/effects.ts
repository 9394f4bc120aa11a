import type { Buffer } from './kernels.js';
import { keep } from './scope.js';
import type { Tensor } from './tensor.js';
import { activeTracer, withTracer } from './tracer.js';

/** What random numbers are drawn from, as far as it can be taken back to where it stood. */
interface Drawable<State = unknown> {
  state(): State;
  resume(state: State): void;
}

/** Elements as they were before they were changed in place. */
interface Changed {
  readonly tensor: Tensor;
  readonly copy: Tensor;
  readonly version: number;
}

/** What a computation has changed of what there was before: generators and elements of tensors, as they stood then. */
export interface Effects {
  readonly generators: ReadonlyMap<Drawable, unknown>;
  readonly tensors: readonly Changed[];
}

/** Notes the effects of a body. One inside of another notes its own, and the outer one notes them as well. */
class Journal implements Effects {
  readonly outer = journal;
  readonly generators = new Map<Drawable, unknown>();
  readonly #changed = new Map<Buffer, Changed>();
  readonly #made = new WeakSet<Buffer>();

  get tensors(): readonly Changed[] {
    return [...this.#changed.values()];
  }

  made(elements: Buffer): void {
    this.#made.add(elements);
  }

  drawing(generator: Drawable): void {
    if (!this.generators.has(generator)) this.generators.set(generator, generator.state());
  }

  changing(tensor: Tensor): void {
    const { buffer } = tensor;
    if (this.#made.has(buffer) || this.#changed.has(buffer)) return;
    const handle = keep(tensor.detach());
    this.#changed.set(buffer, { tensor: handle, copy: keep(handle.clone()), version: buffer.version });
  }

  /** Frees the copies. */
  dispose(): void {
    for (const { tensor, copy } of this.tensors) {
      tensor.dispose();
      copy.dispose();
    }
  }
}

let journal: Journal | undefined;
let replaying = false;

/** There are new elements, which nobody outside of the running bodies knows. */
export function noteMade(elements: Buffer): void {
  for (let each = journal; each; each = each.outer) each.made(elements);
}

/** A random number is about to be drawn, or the generator to be taken elsewhere. */
export function noteDrawing(generator: Drawable): void {
  for (let each = journal; each; each = each.outer) each.drawing(generator);
}

/** The elements of the tensor are about to be changed in place. */
export function noteChanging(tensor: Tensor): void {
  for (let each = journal; each; each = each.outer) each.changing(tensor);
}

/** Takes everything to where it stood before the effects. */
function undo({ generators, tensors }: Effects): void {
  // A tracer knows the masks that are drawn again by their numbers.
  withTracer(undefined, () => {
    for (const [generator, state] of generators) generator.resume(state);
  });
  for (const { tensor, copy } of tensors) tensor.assign(copy);
}

/**
 * Runs the body and tells what it has changed of what there was before it: random generators and elements of tensors. The
 * copies of elements live as long as the scope around.
 */
export function recordEffects<T>(body: () => T): { readonly result: T; readonly effects: Effects } {
  const own = new Journal();
  journal = own;
  try {
    const result = body();
    journal = own.outer;
    const tensors = own.tensors.map(({ tensor, copy, version }) => ({
      tensor: tensor.detach(),
      copy: copy.detach(),
      version,
    }));
    return { result, effects: { generators: own.generators, tensors } };
  } finally {
    journal = own.outer;
    own.dispose();
  }
}

/**
 * Runs the body where everything stands as it did before the effects, and afterwards puts everything that it changes back
 * to where it stands now: what it does has no effects.
 */
export function replayEffects<T>(effects: Effects, body: () => T): T {
  const own = new Journal();
  const outermost = !replaying;
  journal = own;
  replaying = true;
  try {
    undo(effects);
    return body();
  } finally {
    if (outermost) replaying = false;
    // Those outside have noted before all that is taken back now.
    journal = own.outer;
    undo(own);
    // The same elements again: a graph that has used them need not refuse. A tracer has seen the changes and counts them.
    if (!activeTracer()) for (const { tensor, version } of own.tensors) tensor.buffer.version = version;
    own.dispose();
  }
}

/** Whether what runs now is a repetition for the sake of gradients, as `checkpoint` makes it, which must have no effects. */
export function isReplaying(): boolean {
  return replaying;
}
