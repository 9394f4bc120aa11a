import {
  anyOf,
  boolean,
  type Decoder,
  decodeJson,
  dictionary,
  encodeJson,
  list,
  nullable,
  number,
  object,
  oneOf,
  text,
} from '../codec/index.js';
import type {
  CurvePoint,
  DatasetRecord,
  EpochLayerRecord,
  EpochRecord,
  FinalRecord,
  HistogramRecord,
  InputRange,
  LayerRecord,
  Report,
  RunRecord,
  SampleRecord,
  SettingValue,
  StopRecord,
} from './record.js';
import { REPORT_VERSION } from './record.js';

/**
 * The report as JSON (RFC 8259) on one line. JSON has no NaN and no infinity: they are written as the strings `"NaN"`,
 * `"Infinity"` and `"-Infinity"`, which {@link parseReport} turns back into numbers; a setting stays a string, since
 * nothing tells it from one.
 */
export function stringifyReport(report: Report): string {
  return encodeJson(report);
}

/**
 * Reads what {@link stringifyReport} wrote; fields that the format does not know are left out.
 *
 * @throws FormatError if the text is no JSON, has another version, or a field is missing or has another type.
 */
export function parseReport(text: string): Report {
  return decodeJson(text, report, 'parseReport: report');
}

const setting: Decoder<SettingValue> = anyOf<SettingValue>('a string, a number or a boolean', text, number, boolean);

const inputRange = object<InputRange>({ maxAbs: number, q999: number, shareOutside: number });

const epochLayer = object<EpochLayerRecord>({
  lambda: number,
  train: inputRange,
  validation: nullable(inputRange),
});

const epoch = object<EpochRecord>({
  epoch: number,
  steps: number,
  trainLoss: number,
  boundaryLoss: number,
  trainAccuracy: number,
  validationLoss: nullable(number),
  validationAccuracy: nullable(number),
  learningRate: number,
  seconds: number,
  gradientNorm: object<EpochRecord['gradientNorm']>({ median: number, max: number }),
  clippedShare: number,
  layers: list(epochLayer),
});

const layer = object<LayerRecord>({
  name: text,
  target: text,
  degree: number,
  bound: number,
  alpha: number,
  curve: list(object<CurvePoint>({ x: number, target: number, polynomial: number })),
  histogram: object<HistogramRecord>({ edges: list(number), counts: list(number) }),
});

const run = object<RunRecord>({
  name: text,
  role: oneOf('polynomial', 'reference'),
  settings: dictionary(setting),
  device: text,
  seed: number,
  parameters: number,
  clipNorm: nullable(number),
  epochs: list(epoch),
  layers: list(layer),
  final: nullable(
    object<FinalRecord>({
      epoch: number,
      testLoss: number,
      testAccuracy: number,
      layers: list(inputRange),
      seconds: number,
    }),
  ),
  stopped: nullable(object<StopRecord>({ layer: nullable(text), step: number, reason: text })),
});

const sample = object<SampleRecord>({
  image: list(number),
  height: number,
  width: number,
  channels: oneOf(1, 3),
  label: number,
  predictions: list(list(number)),
});

const report = object<Report>({
  version: oneOf(REPORT_VERSION),
  title: text,
  created: text,
  software: text,
  dataset: object<DatasetRecord>({ name: text, train: number, test: number, classes: list(text) }),
  runs: list(run),
  samples: list(sample),
});
