import { noGrad, scope, type Tensor } from '@pnn/nn';
import type { Prepared } from '../../subject.js';
import { type Computation, comparedOutputs, free, type Task } from '../task.js';

/** The first element of a tensor, [1]. */
function firstElement(tensor: Tensor): Tensor {
  const first = tensor.reshape([tensor.size]).slice([[0, 1]]);
  return first.dtype === 'float32' ? first : first.cast('float32');
}

/**
 * Waits until tensors are computed, by reading one number that is made of an element of each: nothing else waits in every
 * mode, since the browser's `gl.finish` returns before the GPU is done.
 */
async function computed(tensors: Iterable<Tensor>): Promise<void> {
  const number = scope(() => noGrad(() => [...tensors].map(firstElement).reduce((sum, element) => sum.add(element))));
  await number.data();
  number.dispose();
}

/** Work on a device with a memory of its own, where each repetition brings its inputs there and its results back. */
export class StagedTask implements Prepared {
  readonly transfers = {
    upload: () => this.#upload(),
    wait: () => this.#wait(),
    readback: () => this.#readback(),
  };
  readonly #task: Task;
  #computation: Computation | undefined;
  #results: readonly Tensor[] = [];

  constructor(task: Task) {
    this.#task = task;
  }

  readonly run = async (): Promise<void> => {
    this.#results = scope(this.#uploaded.compute);
    await this.#wait();
  };

  readonly outputs = async (): Promise<readonly ArrayLike<number>[]> => {
    await this.#upload();
    const outputs = await comparedOutputs(this.#task, this.#uploaded);
    this.#clear();
    return outputs;
  };

  readonly dispose = (): void => {
    this.#clear();
    this.#task.dispose?.();
  };

  get #uploaded(): Computation {
    if (!this.#computation) throw new Error('the work comes before its inputs');
    return this.#computation;
  }

  async #upload(): Promise<void> {
    this.#computation = this.#task.upload();
    const { inputs } = this.#computation;
    if (inputs.length > 0) await computed(inputs);
  }

  #wait(): Promise<void> {
    return computed(new Set([...this.#results, ...this.#task.state]));
  }

  async #readback(): Promise<void> {
    await Promise.all(this.#results.map((result) => result.data()));
    this.#clear();
  }

  #clear(): void {
    free(this.#task, this.#results);
    this.#results = [];
    for (const input of this.#computation?.inputs ?? []) input.dispose();
    this.#computation = undefined;
  }
}
