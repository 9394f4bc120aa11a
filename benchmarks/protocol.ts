import type { Check } from './check.js';
import type { Work } from './work.js';

/** What a GPU device computes on. */
export interface Adapter {
  /** The renderer or adapter as its driver calls it, or the processor. */
  readonly name: string;
  /** Whether the processor stands in for a GPU; some adapters do not say. */
  readonly kind: 'hardware' | 'software' | 'unknown';
}

/** The first line of a participant. */
export type Greeting = { readonly version: string; readonly adapter?: Adapter } | { readonly absent: string };

/** A line to a participant. */
export type Request =
  /** Makes the inputs, does the work once, and answers with what came out; forgets the work before. */
  | { readonly prepare: Work }
  /** Does the work so many times. */
  | { readonly repeat: number }
  /** Measures the machine itself: operations per second without `bytes`, else bytes per second over as many. */
  | { readonly probe: { readonly threads: number; readonly bytes?: number } };

/**
 * What a repetition consists of beside the work, on a device with a memory of its own: the inputs go there before the work,
 * the outputs come back behind it. `wait` is what waiting costs where nothing is left to wait for: the durations of the upload
 * and of the work include as much.
 */
export const transferNames = ['upload', 'wait', 'readback'] as const;

/** One of those parts. */
export type TransferName = (typeof transferNames)[number];

/** A line from a participant, one for every request. */
export type Answer =
  | { readonly checks: readonly Check[]; readonly seconds: number }
  /** The durations of each repetition. */
  | { readonly seconds: readonly number[]; readonly transfers?: Readonly<Record<TransferName, readonly number[]>> }
  | { readonly rate: number }
  /** Why it cannot do this work, in words. */
  | { readonly cannot: string }
  /** What went wrong. */
  | { readonly error: string };
