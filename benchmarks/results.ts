import type { Floor } from './floor.js';
import type { Measurement } from './measurement.js';
import type { Adapter } from './protocol.js';

/** A peer beside us: how long it took, or in words why it did not. */
export type PeerResult = { readonly name: string } & (
  | {
      readonly seconds: Measurement;
      /** Its median over ours: above 1 where we are faster. */
      readonly ratio: number;
    }
  | { readonly absent: string }
);

/** This library on the device `gpu` in one mode: how long the parts of a repetition took, or in words why they did not. */
export type GpuResult = { readonly name: string } & (
  | {
      readonly adapter: Adapter;
      /** Inputs go to the device. */
      readonly upload: Measurement;
      /** The work, over inputs on the device, until its results are there. */
      readonly kernel: Measurement;
      /** What waiting costs where nothing is left to wait for; `upload` and `kernel` include as much. */
      readonly wait: Measurement;
      /** Results come back. */
      readonly readback: Measurement;
      /** The median of `kernel` over that of ours beside it. */
      readonly ratio: number;
    }
  | { readonly absent: string }
);

/** A mode of the device `gpu` that was asked for: by what it computes, or what it lacks here. */
export type GpuStatus = { readonly name: string } & ({ readonly adapter: Adapter } | { readonly absent: string });

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
  /** Of the modes that the machine has, where they were asked for. */
  readonly gpu: readonly GpuResult[];
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
  /** By which kernels peers compute, where they have a choice, by their names. */
  readonly remarks: Readonly<Record<string, readonly string[]>>;
  readonly gpu: readonly GpuStatus[];
}

/** The file that a run writes. */
export interface Report {
  readonly version: 2;
  readonly environment: Environment;
  readonly results: readonly Result[];
}
