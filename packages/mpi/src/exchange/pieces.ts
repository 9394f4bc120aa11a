import type { FloatDType } from '@pnn/nn';

/** Elements that are exchanged in place, or copied before and after. */
export interface Segment {
  readonly dtype: FloatDType;
  /** In `hostBytes`. */
  readonly offset: number;
  readonly size: number;
}

/** The elements that a process adds. */
export interface Part {
  /** In `hostBytes`. */
  readonly offset: number;
  readonly size: number;
}

/** What travels and is added at a time: of each process a part, in the order of ranks. */
export interface Piece {
  readonly dtype: FloatDType;
  readonly parts: readonly Part[];
}

/** The bytes of a piece that one process adds, from all the others together: they stay in the cache until they are added. */
const PIECE_BYTES = 512 * 1024;
/** Shorter ones would cost more than they carry. */
const MIN_PART_BYTES = 128 * 1024;
/** Parts begin at multiples of 64 bytes. */
export const ALIGNMENT = 64;

export const bytesOf = (dtype: FloatDType): 4 | 8 => (dtype === 'float32' ? 4 : 8);

/** Cuts a segment into equal shares, but for the last ones, and the shares into pieces. */
export function piecesOf({ dtype, offset, size }: Segment, processes: number): Piece[] {
  const bytes = bytesOf(dtype);
  const unit = ALIGNMENT / bytes;
  const share = Math.ceil(size / processes / unit) * unit;
  const length = Math.max(MIN_PART_BYTES, Math.floor(PIECE_BYTES / (processes - 1) / ALIGNMENT) * ALIGNMENT) / bytes;
  return Array.from({ length: Math.ceil(share / length) }, (_, i) => ({
    dtype,
    parts: Array.from({ length: processes }, (_, process) => {
      const begin = Math.min(process * share + i * length, size);
      const end = Math.min(process * share + Math.min((i + 1) * length, share), size);
      return { offset: offset + begin * bytes, size: end - begin };
    }),
  }));
}
