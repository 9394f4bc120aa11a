import { type Generator, sameShape, type Tensor } from '@pnn/tensor';
import type { GraphResult, OperatorNode } from './node.js';
import { TraceError } from './trace-error.js';

type Settings = OperatorNode<'bernoulli'>['attributes'];

interface DrawnMask {
  readonly mask: GraphResult;
  readonly settings: Settings;
  readonly seed: number;
  /** Its place in the stream, from the first number to before the last. */
  readonly start: number;
  readonly end: number;
}

/** The random masks of a graph, and which numbers they were made of. */
export class DrawnMasks {
  readonly #masks = new Map<Generator, DrawnMask[]>();
  readonly #seeded = new WeakSet<Generator>();

  /** The function says itself where the generator begins. */
  seeded(generator: Generator): void {
    this.#seeded.add(generator);
  }

  /**
   * The mask that was drawn before from the same numbers: `checkpoint` computes a second time from where it began.
   *
   * @param mask the mask that has just been drawn, called `value` where it is a new one
   * @throws TraceError where the numbers are neither those of a mask nor new ones, or not those that go on outside
   */
  repeated({ size }: Tensor, value: GraphResult, settings: Settings): GraphResult | undefined {
    const { generator, probability, scale } = settings;
    const { seed, position: end, stream } = generator.state();
    const start = end - size;
    const masks = this.#masks.get(generator) ?? [];
    const same = masks.find(
      (each) =>
        each.seed === seed &&
        each.start === start &&
        each.settings.probability === probability &&
        each.settings.scale === scale &&
        each.mask.dtype === value.dtype &&
        sameShape(each.mask.shape, value.shape),
    );
    if (same) return same.mask;
    if (this.#seeded.has(generator) || masks.some((each) => each.seed === seed && start < each.end)) {
      throw new TraceError(
        `trace: the function says itself where its random numbers from the stream '${stream}' begin, but the graph ` +
          'goes on in a stream: seed it outside of the function',
      );
    }
    this.#masks.set(generator, [...masks, { mask: value, settings, seed, start, end }]);
    return undefined;
  }
}
