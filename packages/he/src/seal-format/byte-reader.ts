import { MalformedError } from '../errors.js';

/** Reads little-endian numbers one after the other. Nothing is read beyond the end. */
export class ByteReader {
  readonly #what: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** @param what the name of the object in messages, such as `ciphertext` */
  constructor(what: string, bytes: Uint8Array) {
    this.#what = what;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The bytes that are left. */
  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  /** An error of this object. */
  error(reason: string): MalformedError {
    return new MalformedError(`${this.#what}: ${reason}`);
  }

  /** @throws MalformedError unless the condition holds */
  check(condition: boolean, reason: string): void {
    if (!condition) throw this.error(reason);
  }

  /** The next bytes, without a copy. */
  bytes(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** A number of 64 bits that counts something; one that is not exact as a number is refused. */
  count(name: string): number {
    const value = this.uint64();
    this.check(value <= BigInt(Number.MAX_SAFE_INTEGER), `${name} ${value} is too large`);
    return Number(value);
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** @throws MalformedError where bytes are left over */
  end(): void {
    this.check(this.left === 0, `${this.left} bytes follow behind its end`);
  }

  #advance(count: number): number {
    this.check(count <= this.left, `it is cut off: ${count} bytes expected at ${this.#at}, ${this.left} left`);
    const start = this.#at;
    this.#at += count;
    return start;
  }
}
