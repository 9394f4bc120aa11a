/**
 * The record of a training: plain data that survives JSON, filled by a trainer, read by every report.
 *
 * Conventions:
 * - losses are means per example (in nats, if they are cross-entropies), shares and accuracies are fractions in [0, 1],
 *   times are seconds;
 * - a measurement that was not made is `null`; one that was made and overflowed is `NaN` or `±Infinity`
 *   (written to JSON as the strings `"NaN"`, `"Infinity"`, `"-Infinity"`, see `stringifyReport`);
 * - lists "per layer" follow the order of {@link RunRecord.layers}.
 */

import type { EpochRecord, HistogramRecord, InputRange, StopRecord } from '@pnn/pnn';

export type { EpochLayerRecord, EpochRecord, HistogramRecord, InputRange, StopRecord } from '@pnn/pnn';

/** The version of the record format that this package writes; it reads version 1 as well. */
export const REPORT_VERSION = 2;

/** Everything that a report shows: one data set and the runs made on it. */
export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly title: string;
  /** When the report was made, ISO 8601 with time zone. */
  readonly created: string;
  /** The package and its version, such as `@pnn/lab 0.1.0`. */
  readonly software: string;
  readonly dataset: DatasetRecord;
  /** In the order in which they are shown. */
  readonly runs: readonly RunRecord[];
  /** A few test images with what each run made of them; empty if the data are no images of classes. */
  readonly samples: readonly SampleRecord[];
}

/** The data that all runs of a report saw. */
export interface DatasetRecord {
  readonly name: string;
  /** Number of training examples. */
  readonly train: number;
  /** Number of test examples. */
  readonly test: number;
  /** Names of the classes, by label; empty if labels are numbers to predict. */
  readonly classes: readonly string[];
}

/** A value of a setting, as it is shown. */
export type SettingValue = string | number | boolean;

/** One training from initialization to the final test. */
export interface RunRecord {
  /** Such as `polynomial, degree 8` or `ReLU twin`; unique within a report. */
  readonly name: string;
  /** `twin` is the same network with the target activation, which the polynomial runs are compared with. */
  readonly role: 'polynomial' | 'twin';
  /** Whatever makes the run repeatable and has no field of its own: learning rate, batch size, λ, ... */
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** The device that really ran, such as `wasm (relaxed SIMD, 2 threads)`. */
  readonly device: string;
  readonly seed: number;
  /** Number of trainable scalars. */
  readonly parameters: number;
  /** The norm that gradients are clipped to; `null` without clipping. */
  readonly clipNorm: number | null;
  /** In order; shorter than planned if the run was stopped. */
  readonly epochs: readonly EpochRecord[];
  /** The polynomial activations, from input to output; empty for a twin. */
  readonly layers: readonly LayerRecord[];
  /** The test after training; `null` if the run ended without one. */
  readonly final: FinalRecord | null;
  /** Why the run ended early; `null` if it ran to its end. */
  readonly stopped: StopRecord | null;
}

/** One polynomial activation at the end of the run. */
export interface LayerRecord {
  /** Path of the module in the network, such as `stem.activation`. */
  readonly name: string;
  /** Name of the function that the polynomial approximates, such as `relu`. */
  readonly target: string;
  readonly degree: number;
  /** B > 0: the polynomial approximates its target on [-B, B]. */
  readonly bound: number;
  /** α in (0, 1]: the boundary loss begins at |x| = αB. */
  readonly alpha: number;
  /**
   * The polynomial as evaluated by the network (that of the first channel, if each has its own) beside its target, by
   * ascending x; a little beyond ±B is worth seeing.
   */
  readonly curve: readonly CurvePoint[];
  /** The layer's inputs on the test data. */
  readonly histogram: HistogramRecord;
}

/** Target and polynomial at one x. */
export interface CurvePoint {
  readonly x: number;
  readonly target: number;
  readonly polynomial: number;
}

/** The test of the trained network. */
export interface FinalRecord {
  /** The epoch whose weights were tested. */
  readonly epoch: number;
  /** Mean loss of the task on the test data. */
  readonly testLoss: number;
  /** Mean of each metric on the test data, such as `accuracy`. */
  readonly testMetrics: Readonly<Record<string, number>>;
  /** Per polynomial activation, on the test data. */
  readonly layers: readonly InputRange[];
  /** The whole run: training, validation and test. */
  readonly seconds: number;
}

/** One test image. */
export interface SampleRecord {
  /** 0 (black) to 255, row by row, the channels of a pixel side by side: height × width × channels values. */
  readonly image: readonly number[];
  readonly height: number;
  readonly width: number;
  /** 1: gray, 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Index of the true class. */
  readonly label: number;
  /** Class probabilities, one list per run in the order of `Report.runs`; an empty list if a run has none. */
  readonly predictions: readonly (readonly number[])[];
}
