import type { Handle } from './context.js';

/** The encryptor of the last key, kept for the next encryption with the same key: making it takes as long as an encryption. */
export class KeptEncryptor<Encryptor extends Handle> {
  readonly #make: (secret: Handle) => Encryptor;
  #secret: Handle | undefined;
  #encryptor: Encryptor | undefined;

  constructor(make: (secret: Handle) => Encryptor) {
    this.#make = make;
  }

  /** That of a key. */
  of(secret: Handle): Encryptor {
    if (this.#encryptor && this.#secret === secret) return this.#encryptor;
    this.delete();
    const encryptor = this.#make(secret);
    this.#secret = secret;
    this.#encryptor = encryptor;
    return encryptor;
  }

  /** Gives it back; the next encryption makes another. */
  delete(): void {
    this.#encryptor?.delete();
    this.#encryptor = undefined;
    this.#secret = undefined;
  }
}
