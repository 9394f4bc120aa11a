import type { StopRecord } from '@pnn/pnn';
import { count, type Decoder, list, nullable, number, object, stopDecoder, text } from '@pnn/pnn/codec';
import type { RunRecord } from '../report/record.js';

/** One epoch of a trial in a few numbers, as `EpochRecord` has them. */
export interface EpochResult {
  readonly trainLoss: number;
  readonly boundaryLoss: number;
  readonly validationLoss: number | null;
  /** The accuracy of the validation; null if labels are no classes. */
  readonly accuracy: number | null;
  /** The largest norm of the gradients before clipping. */
  readonly gradientNorm: number;
  readonly clippedShare: number;
}

/** The inputs of one polynomial activation on the test data, at the end. */
export interface LayerResult {
  readonly name: string;
  readonly bound: number;
  readonly maxAbs: number;
  readonly shareOutside: number;
}

/** What is kept of a trial: the numbers of its training and its test. */
export interface TrialResult {
  /** The device that really ran. */
  readonly device: string;
  readonly parameters: number;
  readonly testSamples: number;
  /** 0 if labels are numbers. */
  readonly classes: number;
  readonly testLoss: number;
  /** Null if labels are numbers. */
  readonly accuracy: number | null;
  /** Steps of the optimizer. */
  readonly steps: number;
  /** Training, validation and test, without what was lost by interruptions. */
  readonly seconds: number;
  readonly epochs: readonly EpochResult[];
  readonly layers: readonly LayerResult[];
  /** Why it ended early; null if it made all its epochs. */
  readonly stopped: StopRecord | null;
  /** SHA-256 of the file of the network: equal bits have equal digests. */
  readonly network: string;
}

/** Decodes a {@link TrialResult}. */
export const trialResult: Decoder<TrialResult> = object<TrialResult>({
  device: text,
  parameters: count,
  testSamples: count,
  classes: count,
  testLoss: number,
  accuracy: nullable(number),
  steps: count,
  seconds: number,
  epochs: list(
    object<EpochResult>({
      trainLoss: number,
      boundaryLoss: number,
      validationLoss: nullable(number),
      accuracy: nullable(number),
      gradientNorm: number,
      clippedShare: number,
    }),
  ),
  layers: list(object<LayerResult>({ name: text, bound: number, maxAbs: number, shareOutside: number })),
  stopped: nullable(stopDecoder),
  network: text,
});

/** The result of a run that was tested. */
export function resultOf(
  run: RunRecord & { readonly final: NonNullable<RunRecord['final']> },
  of: Pick<TrialResult, 'testSamples' | 'classes' | 'steps' | 'network'>,
): TrialResult {
  const { device, parameters, final, epochs, layers, stopped } = run;
  return {
    ...of,
    device,
    parameters,
    testLoss: final.testLoss,
    accuracy: final.testMetrics.accuracy ?? null,
    seconds: final.seconds,
    epochs: epochs.map((epoch) => ({
      trainLoss: epoch.trainLoss,
      boundaryLoss: epoch.boundaryLoss,
      validationLoss: epoch.validationLoss,
      accuracy: epoch.validationMetrics?.accuracy ?? null,
      gradientNorm: epoch.gradientNorm.max,
      clippedShare: epoch.clippedShare,
    })),
    layers: layers.map(({ name, bound }, index) => {
      const { maxAbs, shareOutside } = final.layers[index]!;
      return { name, bound, maxAbs, shareOutside };
    }),
    stopped,
  };
}
