import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Generator, memory, ones } from '@pnn/nn';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Finalizers run some time after a collection; after so many rounds they have. */
const ROUNDS = 50;

/** Tensors that nobody frees: what is forgotten comes back. */
export class ForgottenTensors implements Part {
  readonly name = 'forgotten';
  readonly unit = 'forgotten tensors';
  done = 0;
  #bytes = 0;

  get figures(): Readonly<Record<string, number>> {
    return { 'MiB that came back': Math.round(this.#bytes / 2 ** 20) };
  }

  async run(from: CaseSeed): Promise<void> {
    const generator = new Generator(seedOf(from), 'forgotten');
    const before = memory();
    const count = 1 + Math.floor(200 * generator.uniform());
    this.#forget(count, generator);
    for (let round = 0; round < ROUNDS && memory().tensors > before.tensors; round++) {
      collect();
      await setTimeout(1);
    }
    const after = memory();
    if (after.tensors > before.tensors || after.bytes > before.bytes) {
      throw new SoakFailure(`${after.tensors - before.tensors} of ${count} forgotten tensors did not come back`);
    }
    this.done += count;
  }

  async close(): Promise<void> {}

  #forget(count: number, generator: Generator): void {
    for (let i = 0; i < count; i++) {
      const size = 1 + Math.floor(2 ** (18 * generator.uniform()));
      this.#bytes += ones([size]).add(1).size * Float32Array.BYTES_PER_ELEMENT;
    }
  }
}
