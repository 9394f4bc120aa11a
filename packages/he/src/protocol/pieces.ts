/** What a part of a batch may have: neither side then has all its bytes at a time. */
const PIECE_BYTES = 16 * 2 ** 20;

/** A part of the ciphertexts of a batch, which is sent by itself. */
export interface Piece {
  /** The number of ciphertexts before it. */
  readonly first: number;
  readonly count: number;
}

/** The pieces in which so many ciphertexts of so many bytes are sent: both sides cut them the same way. */
export function piecesOf(ciphertexts: number, bytes: number): Piece[] {
  const most = Math.max(1, Math.floor(PIECE_BYTES / bytes));
  return Array.from({ length: Math.ceil(ciphertexts / most) }, (_, i) => {
    const first = i * most;
    return { first, count: Math.min(most, ciphertexts - first) };
  });
}
