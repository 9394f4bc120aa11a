import { createHash } from 'node:crypto';
import {
  anyOf,
  boolean,
  type Decoder,
  dictionary,
  encodeJson,
  nullable,
  number,
  object,
  oneOf,
  text,
} from '@pnn/pnn/codec';
import { type DataSpec, dataSpec, type ExperimentSpec, experimentSpec } from '../experiment/specs.js';

/** A training that begins with the network of another trial. */
export interface StartSpec {
  /** The id of the trial that trained the network. */
  readonly trial: string;
  /** Whether the polynomials stay as they were, or are fitted anew as the method says. */
  readonly polynomials: 'kept' | 'new';
  /** Whether everything but the last linear layer keeps its parameters. */
  readonly frozen: boolean;
}

/** Everything that decides the bits of a training. Plain data that survives JSON. */
export interface TrialSpec {
  readonly data: DataSpec;
  readonly experiment: ExperimentSpec;
  /** Null to begin with random weights. */
  readonly start: StartSpec | null;
  /** The name of the device that computes. */
  readonly device: string;
}

/** Decodes a {@link TrialSpec}. */
export const trialSpec: Decoder<TrialSpec> = object<TrialSpec>({
  data: dataSpec,
  experiment: experimentSpec,
  start: nullable(object<StartSpec>({ trial: text, polynomials: oneOf('kept', 'new'), frozen: boolean })),
  device: text,
});

/** What a trial stands for in its study: the polynomial networks, what they are compared with, or what they begin with. */
export type TrialRole = 'polynomial' | 'twin' | 'start';

/** The values that make a trial differ from others of its study, by name: `degree`, `method`, … */
export type Factors = Readonly<Record<string, string | number>>;

/** One training of a study. */
export interface Trial {
  /** See {@link trialId}. */
  readonly id: string;
  /** What messages call it; unique in its study. */
  readonly name: string;
  readonly role: TrialRole;
  /** Without the seed: trials with the same factors are repetitions of each other. */
  readonly factors: Factors;
  readonly spec: TrialSpec;
}

/** Decodes a {@link Trial}. */
export const trial: Decoder<Trial> = object<Trial>({
  id: text,
  name: text,
  role: oneOf('polynomial', 'twin', 'start'),
  factors: dictionary(anyOf<string | number>('a string or a number', text, number)),
  spec: trialSpec,
});

/** Digits of an id: 48 bits, enough for thousands of trials in a folder. */
const ID_LENGTH = 12;

/**
 * The name of a trial among files: a hash of its spec, so that the same training has the same id in every study and on every
 * machine. Where the data lie does not count.
 */
export function trialId(spec: TrialSpec): string {
  // Decoding puts the fields in one order, wherever they come from.
  const ordered = trialSpec({ ...spec, data: { ...spec.data, folder: null } }, 'trialId: spec');
  return createHash('sha256').update(encodeJson(ordered)).digest('hex').slice(0, ID_LENGTH);
}

/** A trial of a study. */
export function makeTrial(name: string, role: TrialRole, factors: Factors, spec: TrialSpec): Trial {
  return { id: trialId(spec), name, role, factors, spec };
}

/** The different trainings among trials: the first of those that are the same. */
export function trainingsOf(trials: readonly Trial[]): Trial[] {
  const seen = new Set<string>();
  return trials.filter(({ id }) => !seen.has(id) && seen.add(id));
}
