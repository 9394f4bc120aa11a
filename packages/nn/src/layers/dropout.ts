import { ArgumentError, dropoutMask, type Generator, type Tensor } from '@pnn/tensor';
import { Module } from '../module.js';
import { checkMode } from '../running.js';

abstract class MaskedDropout extends Module {
  readonly #generator: Generator | undefined;

  /**
   * @param generator what masks are drawn from; the program's stream `dropout`, if none is given
   * @throws ArgumentError where the probability is not in [0, 1)
   */
  constructor(
    readonly probability = 0.5,
    generator?: Generator,
  ) {
    super();
    if (!(probability >= 0 && probability < 1)) {
      throw new ArgumentError(
        `${this.constructor.name}: the probability must be at least 0 and below 1, not ${probability}`,
      );
    }
    this.#generator = generator;
  }

  override describe(): string {
    return String(this.probability);
  }

  /** x times a mask of this shape, while training. */
  protected drop(x: Tensor, like: (x: Tensor) => Tensor): Tensor {
    if (!this.training || this.probability === 0) return x;
    checkMode(this);
    return x.mul(dropoutMask(like(x), this.probability, this.#generator));
  }
}

/**
 * Sets elements to 0 with the given probability while training and scales the rest, so that the mean stays; does nothing
 * at evaluation (Srivastava et al., JMLR 15, 2014). Draws from the program's stream `dropout` if no generator is given.
 */
export class Dropout extends MaskedDropout {
  override forward(x: Tensor): Tensor {
    return this.drop(x, (whole) => whole);
  }
}

/** One element of each channel: [N,C,…] → [N,C,1,…]. */
function firstPlaces(x: Tensor): Tensor {
  return x.slice(x.shape.map((_, axis) => (axis < 2 ? [] : [0, Math.min(1, x.shape[axis]!)])));
}

/** Sets whole channels of lines [N,C,L] to 0 (Tompson et al., arXiv 1411.4280), otherwise like Dropout. */
export class Dropout1d extends MaskedDropout {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3], '[N,C,L]');
    return this.drop(x, firstPlaces);
  }
}

/** Sets whole channels of planes [N,C,H,W] to 0, like Dropout1d. */
export class Dropout2d extends MaskedDropout {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return this.drop(x, firstPlaces);
  }
}

/** Sets whole channels of volumes [N,C,D,H,W] to 0, like Dropout1d. */
export class Dropout3d extends MaskedDropout {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [5], '[N,C,D,H,W]');
    return this.drop(x, firstPlaces);
  }
}
