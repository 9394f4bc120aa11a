import { keep, Tensor } from '@pnn/tensor';
import { Parameter, StateBuffer } from './parameter.js';

/** Leaves a forward that waits for other shards, through whatever runs it. */
class Pause extends Error {
  override readonly name = 'Pause';

  constructor(
    readonly forward: PausableForward,
    readonly own: readonly Tensor[],
  ) {
    super('a forward waits for other shards of its batch: only PausableForward.run may run it');
  }
}

/** A module as far as a forward that is repeated has to know it. */
interface Repeatable {
  children(): readonly unknown[];
}

/** What a module gave, and what it has left in its properties besides, such as the penalty of its inputs. */
interface Finished {
  readonly output: Tensor;
  readonly aside: Readonly<Record<string, Tensor>>;
}

/** The tensors among the properties of a module that are not part of its state. */
function asideOf(module: object): Record<string, Tensor> {
  const entries = Object.entries(module).filter(
    ([, value]) => value instanceof Tensor && !(value instanceof Parameter) && !(value instanceof StateBuffer),
  );
  return Object.fromEntries(entries);
}

let current: PausableForward | undefined;

/** The forward that can wait for other shards, if one is running. */
export function pausableForward(): PausableForward | undefined {
  return current;
}

/**
 * A forward of one shard of a batch that pauses where a layer needs what the other shards have, so that all shards can go
 * through the network together. JavaScript cannot leave a function and come back; so a pause throws, and the next `run` begins
 * anew, where modules without children that have finished give the outputs that they gave before, and compute nothing.
 * What a module with children computes besides, such as the sum of a shortcut, is repeated.
 */
export class PausableForward implements Disposable {
  /** Of the modules without children that have finished, in the order of their calls. */
  readonly #finished: Finished[] = [];
  readonly #recalled = new WeakSet<Tensor>();
  #position = 0;
  #answer: readonly Tensor[] | undefined;

  /**
   * @param shards how many shards the batch has
   * @param tracks whether layers change their running statistics: where all shards have the same ones, those of one process
   *   are changed once
   */
  constructor(
    readonly shards: number,
    readonly tracks: boolean,
  ) {}

  /**
   * Runs the body from its beginning, up to the next pause.
   *
   * @param answer what the layer waits for that has paused
   * @returns the result, or the part of this shard in what the next layer needs
   */
  run<T>(body: () => T, answer?: readonly Tensor[]): { readonly result: T } | { readonly own: readonly Tensor[] } {
    const outer = current;
    current = this;
    this.#position = 0;
    this.#answer = answer;
    try {
      return { result: body() };
    } catch (error) {
      if (!(error instanceof Pause) || error.forward !== this) throw error;
      return { own: error.own };
    } finally {
      current = outer;
    }
  }

  /** What the layer waits for that asks; it pauses where that is not known yet. */
  together(own: () => readonly Tensor[]): readonly Tensor[] {
    const answer = this.#answer;
    if (!answer) throw new Pause(this, own());
    this.#answer = undefined;
    return answer;
  }

  /** @internal The output of a module: that of the last run, or what it computes now. */
  recall(module: Repeatable, compute: () => Tensor): Tensor {
    if (module.children().length > 0) return compute();
    const position = this.#position++;
    const before = this.#finished[position];
    if (before) {
      Object.assign(module, before.aside);
      this.#recalled.add(before.output);
      return before.output;
    }
    const output = compute();
    this.#recalled.delete(output);
    // Kept from scopes that a pause leaves.
    this.#finished.push({ output: keep(output), aside: asideOf(module) });
    return output;
  }

  /** @internal Whether a module gave this output in an earlier run, so that its hooks have heard of it. */
  isRecalled(output: Tensor): boolean {
    return this.#recalled.has(output);
  }

  /** Frees the outputs. */
  [Symbol.dispose](): void {
    for (const { output } of this.#finished.splice(0)) output[Symbol.dispose]();
  }
}
