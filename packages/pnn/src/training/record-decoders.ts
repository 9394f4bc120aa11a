import { boolean, dictionary, list, nullable, number, object, optional, text } from '../codec/index.js';
import type { EpochLayerRecord, EpochRecord, HistogramRecord, InputRange, StopRecord } from './records.js';

/** Decodes an {@link InputRange}. */
export const inputRangeDecoder = object<InputRange>({ maxAbs: number, q999: number, shareOutside: number });

/** Decodes a {@link HistogramRecord}. */
export const histogramDecoder = object<HistogramRecord>({ edges: list(number), counts: list(number) });

/** The decoders of the fields that an {@link EpochRecord} has had in every version of reports. */
export const epochFields = {
  epoch: number,
  steps: number,
  trainLoss: number,
  boundaryLoss: number,
  validationLoss: nullable(number),
  learningRate: number,
  seconds: number,
  gradientNorm: object<EpochRecord['gradientNorm']>({ median: number, max: number }),
  clippedShare: number,
  layers: list(
    object<EpochLayerRecord>({ lambda: number, train: inputRangeDecoder, validation: nullable(inputRangeDecoder) }),
  ),
};

/** Decodes an {@link EpochRecord}. */
export const epochDecoder = object<EpochRecord>({
  ...epochFields,
  trainMetrics: dictionary(number),
  validationMetrics: nullable(dictionary(number)),
  best: optional(boolean),
});

/** The decoders of the fields that a {@link StopRecord} has had in every version of reports. */
export const stopFields = { layer: nullable(text), step: number, reason: text };

/** Decodes a {@link StopRecord}. */
export const stopDecoder = object<StopRecord>({ ...stopFields, kind: nullable(text) });
