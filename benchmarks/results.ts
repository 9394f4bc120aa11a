import type { Floor } from './floor.js';
import type { Measurement } from './measurement.js';

/** A peer beside us: how long it took, or in words why it did not. */
export type PeerResult = { readonly name: string } & (
  | {
      readonly seconds: Measurement;
      /** Its median over ours: above 1 where we are faster. */
      readonly ratio: number;
    }
  | { readonly absent: string }
);

/** The best that the machine did between the repetitions of one workload, medians over all rounds. */
export interface MeasuredFloor extends Floor {
  /** Operations per second. */
  readonly peak: number;
  readonly bandwidths: readonly { readonly bytes: number; readonly bytesPerSecond: number }[];
}

/** One workload at one number of threads. */
export interface Result {
  readonly name: string;
  readonly threads: number;
  /** Of all passes together. */
  readonly operations: number;
  readonly bytes: number;
  readonly seconds: Measurement;
  readonly floor: MeasuredFloor;
  /** The floor over our median: the share of the roofline. */
  readonly share: number;
  readonly peers: readonly PeerResult[];
}

/** Where and with what it was measured. */
export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly device: string;
  readonly quick: boolean;
  /** Versions of all that took part, by their names. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The file that a run writes. */
export interface Report {
  readonly version: 2;
  readonly environment: Environment;
  readonly results: readonly Result[];
}
