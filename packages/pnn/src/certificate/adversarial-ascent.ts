import { grad, type Module, requireGrad, scope, type Tensor, tensor } from '@pnn/nn';
import { polynomialActivations } from '../activation/polynomial-activations.js';
import { suspendTraining } from '../training/index.js';
import type { Box } from './network-enclosure.js';

/** How inputs that reach far are searched. */
export interface AscentOptions {
  /**
   * Steps of each search.
   *
   * @default 40
   */
  readonly steps?: number;
  /** Is told how many of all steps are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How far a search has driven the inputs of one activation. */
export interface FarthestInputs {
  /** The path of the activation in the network. */
  readonly name: string;
  /** max |x| that was found, one for each start. */
  readonly reached: Float64Array;
  /** The samples that reach so far, one after another. */
  readonly samples: Float32Array;
}

/**
 * Searches inputs of a box that drive the inputs of each polynomial activation as far as they can: from every start, steps
 * along the sign of the gradient of max |x|, ever shorter, each back into the box (as Madry et al., arXiv 1706.06083, search
 * adversarial examples). What it finds is reached; what it does not find may be reached all the same.
 *
 * @param starts samples [N, …] in the box
 */
export async function farthestInputs(
  network: Module,
  starts: Tensor,
  box: Box,
  { steps = 40, onProgress }: AscentOptions = {},
): Promise<FarthestInputs[]> {
  const activations = polynomialActivations(network);
  const resume = suspendTraining(network);
  const results: FarthestInputs[] = [];
  try {
    for (const [i, [name, activation]] of activations.entries()) {
      const search = new Ascent(Float32Array.from(await starts.data()), starts.shape[0]!, box);
      for (let step = 0; step < steps; step++) {
        const { reach, gradient } = inputGradient(network, activation, () => search.tensor(starts.shape));
        search.advance(await reach.data(), await gradient.data(), 0.3 * (1 - step / steps) ** 2);
        reach.dispose();
        gradient.dispose();
        onProgress?.(i * steps + step + 1, activations.length * steps);
      }
      results.push({ name, reached: search.reached, samples: search.best });
    }
  } finally {
    resume();
  }
  return results;
}

/** max |x| of each sample at an activation, and its gradient. */
function inputGradient(
  network: Module,
  activation: Module,
  samples: () => Tensor,
): { reach: Tensor; gradient: Tensor } {
  let reach: Tensor | undefined;
  const remove = activation.addForwardHook((_, [x]) => {
    reach = x!
      .abs()
      .reshape([x!.shape[0]!, x!.size / x!.shape[0]!])
      .max(1);
  });
  try {
    return scope(() => {
      const leaf = requireGrad(samples());
      network.forward(leaf);
      const [gradient] = grad(reach!.sum(), [leaf]);
      return { reach: reach!.detach(), gradient: gradient! };
    });
  } finally {
    remove();
  }
}

/** Samples on their way, and the farthest of each start. */
class Ascent {
  readonly reached: Float64Array;
  readonly best: Float32Array;
  readonly #current: Float32Array;
  readonly #box: Box;
  readonly #size: number;

  constructor(current: Float32Array, count: number, box: Box) {
    this.#current = current;
    this.best = current.slice();
    this.reached = new Float64Array(count);
    this.#box = box;
    this.#size = current.length / count;
  }

  tensor(shape: readonly number[]): Tensor {
    return tensor(this.#current, { shape });
  }

  /** Remembers where the samples are and takes a step, as a share of the box. */
  advance(reach: ArrayLike<number>, gradient: ArrayLike<number>, length: number): void {
    for (const [row, before] of this.reached.entries()) {
      const start = row * this.#size;
      // What overflows on the way there is as far as can be.
      const here = Number.isNaN(reach[row]!) ? Infinity : reach[row]!;
      if (here <= before) continue;
      this.reached[row] = here;
      this.best.set(this.#current.subarray(start, start + this.#size), start);
    }
    const { low, high } = this.#box;
    for (let i = 0; i < this.#current.length; i++) {
      const [from, to] = [low[i % this.#size]!, high[i % this.#size]!];
      const slope = gradient[i]!;
      if (!(Math.abs(slope) > 0)) continue;
      this.#current[i] = Math.max(from, Math.min(to, this.#current[i]! + Math.sign(slope) * length * (to - from)));
    }
  }
}
