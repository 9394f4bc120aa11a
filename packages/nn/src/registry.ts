import { ArgumentError } from '@pnn/tensor';

/**
 * Things that are chosen by name, such as data sets, models or activations. Those of a program are registered by the same
 * call as ours, and an unknown name is answered with the known ones.
 */
export class Registry<Entry extends { readonly name: string }> {
  /** What messages call an entry, such as `data set`. */
  readonly kind: string;
  readonly #entries = new Map<string, Entry>();

  /** @throws ArgumentError if two entries have the same name */
  constructor(kind: string, entries: readonly Entry[] = []) {
    this.kind = kind;
    for (const entry of entries) this.register(entry);
  }

  /**
   * Adds an entry.
   *
   * @returns a function that removes it again
   * @throws ArgumentError if the name is empty or taken
   */
  register(entry: Entry): () => void {
    const { name } = entry;
    if (name === '') throw new ArgumentError(`a ${this.kind} needs a name`);
    if (this.#entries.has(name)) throw new ArgumentError(`the name '${name}' is taken by another ${this.kind}`);
    this.#entries.set(name, entry);
    return () => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    };
  }

  /** Whether an entry has this name. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws ArgumentError that lists the known names, if no entry has this one */
  get(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    throw new ArgumentError(`no ${this.kind} is called '${name}'; there are ${this.names().join(', ')}`);
  }

  /** All names, in the order of registration. */
  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** All entries, in the order of registration. */
  entries(): Entry[] {
    return [...this.#entries.values()];
  }
}
