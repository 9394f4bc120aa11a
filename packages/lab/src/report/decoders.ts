import {
  anyOf,
  boolean,
  type Decoder,
  dictionary,
  epochDecoder,
  histogramDecoder,
  inputRangeDecoder,
  list,
  nullable,
  number,
  object,
  oneOf,
  stopDecoder,
  text,
} from '@pnn/pnn/codec';
import type {
  CurvePoint,
  DatasetRecord,
  FinalRecord,
  LayerRecord,
  Report,
  RunRecord,
  SampleRecord,
  SettingValue,
} from './record.js';
import { REPORT_VERSION } from './record.js';

const setting: Decoder<SettingValue> = anyOf<SettingValue>('a string, a number or a boolean', text, number, boolean);

/** The decoders of the fields of a {@link LayerRecord}. */
export const layerFields = {
  name: text,
  target: text,
  degree: number,
  bound: number,
  alpha: number,
  curve: list(object<CurvePoint>({ x: number, target: number, polynomial: number })),
  histogram: histogramDecoder,
};

/** The decoders of the fields that a {@link FinalRecord} has had in every version of reports. */
export const finalFields = {
  epoch: number,
  testLoss: number,
  layers: list(inputRangeDecoder),
  seconds: number,
};

/** The decoders of the fields of a {@link RunRecord}. */
export const runFields = {
  name: text,
  role: oneOf('polynomial', 'twin'),
  settings: dictionary(setting),
  device: text,
  seed: number,
  parameters: number,
  clipNorm: nullable(number),
  epochs: list(epochDecoder),
  layers: list(object<LayerRecord>(layerFields)),
  final: nullable(object<FinalRecord>({ ...finalFields, testMetrics: dictionary(number) })),
  stopped: nullable(stopDecoder),
};

/** Decodes a {@link RunRecord}. */
export const runDecoder = object<RunRecord>(runFields);

const sample = object<SampleRecord>({
  image: list(number),
  height: number,
  width: number,
  channels: oneOf(1, 3),
  label: number,
  predictions: list(list(number)),
});

/** The decoders of the fields of a {@link Report}. */
export const reportFields = {
  version: oneOf(REPORT_VERSION),
  title: text,
  created: text,
  software: text,
  dataset: object<DatasetRecord>({ name: text, train: number, test: number, classes: list(text) }),
  runs: list(runDecoder),
  samples: list(sample),
};

/** Decodes a {@link Report}. */
export const reportDecoder = object<Report>(reportFields);
