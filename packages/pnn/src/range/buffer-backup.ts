import { isFloat, type Module, noGrad, scope, type Tensor } from '@pnn/nn';

interface Backup {
  readonly name: string;
  readonly buffer: Tensor;
  readonly copy: Tensor;
  /** The version of the elements that were copied. */
  readonly version: number;
}

/**
 * Copies of the buffers of a network, such as running statistics, to go back to: a forward that overflows spoils them,
 * and may still give a finite loss, since BatchNorm makes zeros of values whose variance is infinite.
 */
export class BufferBackup {
  readonly #backups: readonly Backup[];

  constructor(network: Module) {
    this.#backups = noGrad(() =>
      Array.from(network.namedBuffers(), ([name, buffer]) => {
        const { version } = buffer.buffer;
        return { name, buffer, copy: buffer.clone(), version };
      }),
    );
  }

  get #changed(): Backup[] {
    return this.#backups.filter(({ buffer, version }) => buffer.buffer.version !== version);
  }

  /** The names of the buffers that have changed since to something that is not finite. */
  async notFinite(): Promise<string[]> {
    const changed = this.#changed.filter(({ buffer }) => isFloat(buffer.dtype));
    if (changed.length === 0) return [];
    // x − x is 0 where x is finite and NaN elsewhere: one number to wait for in each memory.
    const memories = [...new Set(changed.map(({ buffer }) => buffer.device.memory))];
    const sums = scope(() =>
      noGrad(() =>
        memories.map((memory) =>
          changed
            .filter(({ buffer }) => buffer.device.memory === memory)
            .map(({ buffer }) => buffer.sub(buffer).sum().cast('float32'))
            .reduce((total, each) => total.add(each)),
        ),
      ),
    );
    const allFinite = (await Promise.all(sums.map((sum) => sum.item()))).every((sum) => sum === 0);
    for (const sum of sums) sum.dispose();
    if (allFinite) return [];
    const contents = await Promise.all(changed.map(({ buffer }) => buffer.data()));
    return changed.flatMap(({ name }, i) => (contents[i]!.every(Number.isFinite) ? [] : [name]));
  }

  /** Makes the buffers what they were. */
  restore(): void {
    for (const { buffer, copy } of this.#changed) noGrad(() => buffer.assign(copy));
  }

  /** Frees the copies. */
  dispose(): void {
    for (const { copy } of this.#backups) copy.dispose();
  }
}
