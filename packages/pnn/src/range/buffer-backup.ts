import { isFloat, keep, type Module, noGrad, type Tensor, totalNorm } from '@pnn/nn';

interface Backup {
  readonly name: string;
  readonly buffer: Tensor;
  /** Undefined before the first `save`. */
  copy: Tensor | undefined;
  /** The version of the elements that were copied. */
  version: number;
}

/**
 * Copies of the buffers of a network, such as running statistics, to go back to: a forward that overflows spoils them,
 * and may still give a finite loss, since BatchNorm makes zeros of values whose variance is infinite. The copies are
 * kept from one `save` to the next, which touches only what has changed since.
 */
export class BufferBackup implements Disposable {
  readonly #backups: readonly Backup[];

  /** Nothing is copied before `save`. */
  constructor(network: Module) {
    this.#backups = Array.from(network.namedBuffers(), ([name, buffer]) => ({
      name,
      buffer,
      copy: undefined,
      version: buffer.buffer.version,
    }));
  }

  /** Copies the buffers as they are now. */
  save(): void {
    for (const backup of this.#backups) {
      const { buffer, copy, version } = backup;
      if (!copy) backup.copy = keep(noGrad(() => buffer.clone()));
      else if (buffer.buffer.version !== version) noGrad(() => copy.assign(buffer));
      backup.version = buffer.buffer.version;
    }
  }

  get #changed(): Backup[] {
    return this.#backups.filter(({ buffer, version }) => buffer.buffer.version !== version);
  }

  /** The float buffers that have changed since `save`. */
  get changed(): Tensor[] {
    return this.#changed.flatMap(({ buffer }) => (isFloat(buffer.dtype) ? [buffer] : []));
  }

  /** The norm of what has changed in each memory: not finite where a number is not. */
  norms(): Tensor[] {
    const { changed } = this;
    const memories = [...new Set(changed.map(({ device }) => device.memory))];
    return memories.map((memory) => {
      const members = changed.filter(({ device }) => device.memory === memory);
      return totalNorm(members, members[0]!);
    });
  }

  /** The names of the buffers that have changed since `save` to something that is not finite. */
  async notFinite(): Promise<string[]> {
    const changed = this.#changed;
    const contents = await Promise.all(changed.map(({ buffer }) => buffer.data()));
    return changed.flatMap(({ name }, i) => (contents[i]!.every(Number.isFinite) ? [] : [name]));
  }

  /** Makes the buffers what they were at the last `save`. */
  restore(): void {
    for (const backup of this.#changed) {
      const { buffer, copy } = backup;
      if (!copy) continue;
      noGrad(() => buffer.assign(copy));
      backup.version = buffer.buffer.version;
    }
  }

  /** Frees the copies. */
  dispose(): void {
    for (const backup of this.#backups) {
      backup.copy?.dispose();
      backup.copy = undefined;
    }
  }

  /** `using backup = …` frees the copies at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
