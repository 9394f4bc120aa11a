import { memory } from '@pnn/tensor';

/** How many steps in a row must leave more behind than the one before. */
const STEPS = 50;
/**
 * How much must have come together: 1/64 of what a WebAssembly memory holds, far more than what a training keeps on
 * purpose, such as the loss of every step.
 */
const BYTES = 64 * 2 ** 20;

let warned = false;

/**
 * Watches the live tensors from step to step and warns, once in a program, when every step leaves more of them behind:
 * the loop around it frees nothing. The first steps allocate what an optimizer keeps and then stop; tensors that the
 * garbage collector finds end a run of growth.
 */
export class MemoryGrowth {
  #bytes = 0;
  #start = 0;
  #steps = 0;

  /** @param owner whose step this is, for the message */
  step(owner: string): void {
    if (warned) return;
    const { bytes } = memory();
    if (bytes <= this.#bytes) this.#steps = 0;
    if (this.#steps === 0) this.#start = bytes;
    this.#bytes = bytes;
    const grown = bytes - this.#start;
    if (this.#steps++ < STEPS || grown < BYTES) return;
    warned = true;
    console.warn(
      `${owner}: every one of the last ${this.#steps - 1} steps left more tensors alive, ${Math.round(grown / 2 ** 20)} MiB in all: ` +
        'compute the loss and its gradients inside scope(() => …) in the training loop, which frees the rest',
    );
  }
}
