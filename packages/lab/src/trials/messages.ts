import { count, type Decoder, list, nullable, number, object, oneOf, text, union } from '@pnn/pnn/codec';
import { type DeviceSpec, deviceSpec } from '../experiment/specs.js';
import { type TrialResult, trialResult } from './result.js';
import type { TrialFiles } from './run-trial.js';
import { type Trial, trial } from './trial.js';

/** What a worker process is told. */
export type Order =
  | {
      readonly kind: 'train';
      readonly trial: Trial;
      readonly files: TrialFiles;
      readonly device: DeviceSpec;
      /** Absolute paths of modules that register data sets and models of the user's own. */
      readonly imports: readonly string[];
      /** Seconds from one checkpoint to the next. */
      readonly checkpointSeconds: number;
    }
  /** Ends it after the step in progress, with a checkpoint. */
  | { readonly kind: 'stop' };

/** Decodes an {@link Order}. */
export const order: Decoder<Order> = union<Order>({
  train: object({
    kind: oneOf('train'),
    trial,
    files: object<TrialFiles>({ checkpoint: text, network: nullable(text), start: nullable(text) }),
    device: deviceSpec,
    imports: list(text),
    checkpointSeconds: number,
  }),
  stop: object({ kind: oneOf('stop') }),
});

/** How a worker ended. */
export type Outcome =
  | { readonly kind: 'finished'; readonly result: TrialResult }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly reason: string };

/** What a worker process tells. */
export type Message =
  | Outcome
  | { readonly kind: 'begun'; readonly step: number; readonly steps: number }
  | { readonly kind: 'step'; readonly step: number; readonly loss: number }
  | { readonly kind: 'note'; readonly text: string };

/** Decodes a {@link Message}. */
export const message: Decoder<Message> = union<Message>({
  finished: object({ kind: oneOf('finished'), result: trialResult }),
  interrupted: object({ kind: oneOf('interrupted') }),
  failed: object({ kind: oneOf('failed'), reason: text }),
  begun: object({ kind: oneOf('begun'), step: count, steps: count }),
  step: object({ kind: oneOf('step'), step: count, loss: number }),
  note: object({ kind: oneOf('note'), text }),
});
