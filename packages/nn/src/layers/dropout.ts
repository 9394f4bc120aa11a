import { ArgumentError, dropoutMask, type Generator, type Tensor } from '@pnn/tensor';
import { Module } from '../module.js';

/**
 * Sets elements to 0 with the given probability while training and scales the rest, so that the mean stays; does nothing
 * at evaluation (Srivastava et al., JMLR 15, 2014). Draws from the program's stream `dropout` if no generator is given.
 */
export class Dropout extends Module {
  readonly #generator: Generator | undefined;

  /** @throws ArgumentError where the probability is not in [0, 1) */
  constructor(
    readonly probability = 0.5,
    generator?: Generator,
  ) {
    super();
    if (!(probability >= 0 && probability < 1)) {
      throw new ArgumentError(`Dropout: the probability must be at least 0 and below 1, not ${probability}`);
    }
    this.#generator = generator;
  }

  override describe(): string {
    return String(this.probability);
  }

  override forward(x: Tensor): Tensor {
    if (!this.training || this.probability === 0) return x;
    return x.mul(dropoutMask(x, this.probability, this.#generator));
  }
}
