/** The bytes of a file that a reader wants next: `target` is to be filled with those from `position` on. */
export interface ByteRequest {
  readonly position: number;
  readonly target: Uint8Array;
}

/**
 * Reads a format part by part, straight to where the parts belong, wherever the bytes come from: it yields what it wants
 * and goes on when that is there.
 */
export type ByteReader<T> = Generator<ByteRequest, T, void>;

/** What the reader makes of a file that is in memory. */
export function readFromMemory<T>(bytes: Uint8Array, reader: ByteReader<T>): T {
  for (;;) {
    const next = reader.next();
    if (next.done) return next.value;
    const { position, target } = next.value;
    target.set(bytes.subarray(position, position + target.length));
  }
}
