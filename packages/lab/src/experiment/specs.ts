import type { AugmentationSpec, DatasetSettings } from '@pnn/data';
import { type ModelSpec, modelSpec, models } from '@pnn/models';
import { defaultMethod, defaultTraining, type MethodSpec, type TrainingSpec } from '@pnn/pnn';
import {
  count,
  type Decoder,
  dictionary,
  list,
  methodSpec,
  nullable,
  number,
  object,
  text,
  trainingSpec,
} from '@pnn/pnn/codec';

/** Which data to train on. */
export interface DataSpec {
  /** The name of a registered data set. */
  readonly dataset: string;
  /** The absolute path of the folder of its files; null for data without files. */
  readonly folder: string | null;
  /** What was chosen about the data set, by the names of its options. */
  readonly settings: DatasetSettings;
  /** How training samples are changed at random; null for what suits the data set. */
  readonly augmentation: readonly AugmentationSpec[] | null;
  /** The number of training samples; null for all. */
  readonly train: number | null;
  /** The number of test samples; null for all. */
  readonly test: number | null;
}

/** Decodes a {@link DataSpec}. */
export const dataSpec: Decoder<DataSpec> = object<DataSpec>({
  dataset: text,
  folder: nullable(text),
  settings: dictionary(text),
  augmentation: nullable(list(object<AugmentationSpec>({ name: text, amount: number }))),
  train: nullable(count),
  test: nullable(count),
});

/** Where it is computed: another device gives other bits. */
export interface DeviceSpec {
  /** A name that `--device` takes. */
  readonly name: string;
  /** Threads of the device `wasm`; null for one for each processor, or `PNN_THREADS`. */
  readonly threads: number | null;
}

/** Decodes a {@link DeviceSpec}. */
export const deviceSpec: Decoder<DeviceSpec> = object<DeviceSpec>({ name: text, threads: nullable(count) });

/** Everything that decides an experiment but for its data and device. Plain data that survives JSON. */
export interface ExperimentSpec {
  readonly model: ModelSpec;
  readonly method: MethodSpec;
  readonly training: TrainingSpec;
}

/** Decodes an {@link ExperimentSpec}. */
export const experimentSpec: Decoder<ExperimentSpec> = object<ExperimentSpec>({
  model: modelSpec,
  method: methodSpec,
  training: trainingSpec,
});

/** The model that is trained unless another is asked for. */
export const DEFAULT_MODEL = 'cnn';

/** The spec of a model by name, with its own widths unless others are given. */
export function modelNamed(name: string, widths?: readonly number[]): ModelSpec {
  return { name, widths: widths ?? models.get(name).widths ?? [], order: 'normalization-first', dropout: 0 };
}

/** A small experiment with the default method. */
export const defaultExperiment: ExperimentSpec = {
  model: modelNamed(DEFAULT_MODEL),
  method: defaultMethod,
  training: defaultTraining,
};

/** The same experiment with the target itself instead of polynomials. */
export function twinOf(spec: ExperimentSpec): ExperimentSpec {
  return { ...spec, method: { ...spec.method, polynomial: null } };
}
