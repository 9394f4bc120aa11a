import { count, type Decoder, object, oneOf, text, union } from '@pnn/pnn/codec';
import { type TrialResult, trialResult } from './result.js';

/** What a journal tells of a trial. */
export type TrialEvent =
  | {
      readonly kind: 'started';
      readonly trial: string;
      /** 1, or 2 after a failure. */
      readonly attempt: number;
      /** The step that the checkpoint went up to; 0 without one. */
      readonly step: number;
    }
  | { readonly kind: 'finished'; readonly trial: string; readonly software: string; readonly result: TrialResult }
  | { readonly kind: 'failed'; readonly trial: string; readonly reason: string };

/** Decodes a {@link TrialEvent}. */
export const trialEvent: Decoder<TrialEvent> = union<TrialEvent>({
  started: object({ kind: oneOf('started'), trial: text, attempt: count, step: count }),
  finished: object({ kind: oneOf('finished'), trial: text, software: text, result: trialResult }),
  failed: object({ kind: oneOf('failed'), trial: text, reason: text }),
});

/** What is known of the trials of a study, by their ids. */
export interface TrialStates {
  readonly results: ReadonlyMap<string, TrialResult>;
  /** Why trials failed that have no result. */
  readonly failures: ReadonlyMap<string, string>;
}

/** What a journal says; of several results of a trial, which folders that were merged may hold, the first counts. */
export function statesOf(events: readonly TrialEvent[]): TrialStates {
  const results = new Map<string, TrialResult>();
  const failures = new Map<string, string>();
  for (const event of events) {
    if (event.kind === 'finished' && !results.has(event.trial)) results.set(event.trial, event.result);
    if (event.kind === 'failed') failures.set(event.trial, event.reason);
  }
  for (const id of results.keys()) failures.delete(id);
  return { results, failures };
}
