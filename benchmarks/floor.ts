/** What one pass over its data needs at least; passes come one after the other. */
export interface Pass {
  /** Additions, subtractions, multiplications and divisions of the formula. */
  readonly operations: number;
  /** Bytes read and written, every tensor once. */
  readonly bytes: number;
  /** Bytes of all tensors together, where some are read and written; otherwise as many as `bytes`. */
  readonly footprint?: number;
}

/** What a machine can do at best. */
export interface Rates {
  /** Operations per second. */
  readonly peak: number;
  /** Bytes per second by the size of what is streamed (see `streamSizeOf`). */
  readonly bandwidths: ReadonlyMap<number, number>;
}

/** The least time that some work takes. */
export interface Floor {
  readonly seconds: number;
  /** What takes the larger part of it. */
  readonly limit: 'arithmetic' | 'bandwidth';
}

const SMALLEST_STREAM = 2 ** 15;
const MAX_STREAM = 2 ** 28;

/**
 * The size for which the bandwidth is measured: the next one in steps of an eighth to a quarter, since what counts is which
 * caches it fits; within bounds beyond which nothing changes.
 */
export function streamSizeOf({ bytes, footprint = bytes }: Pass): number {
  const bounded = Math.min(MAX_STREAM, Math.max(SMALLEST_STREAM, footprint));
  const step = 2 ** (Math.ceil(Math.log2(bounded)) - 3);
  return Math.ceil(bounded / step) * step;
}

/** The sum over passes of the larger of operations over the peak and bytes over the bandwidth (the roofline). */
export function floorOf(passes: readonly Pass[], { peak, bandwidths }: Rates): Floor {
  let seconds = 0;
  let computing = 0;
  for (const pass of passes) {
    const arithmetic = pass.operations / peak;
    const transport = pass.bytes / bandwidths.get(streamSizeOf(pass))!;
    seconds += Math.max(arithmetic, transport);
    if (arithmetic >= transport) computing += arithmetic;
  }
  return { seconds, limit: computing >= seconds / 2 ? 'arithmetic' : 'bandwidth' };
}
