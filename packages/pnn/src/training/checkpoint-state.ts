import type {
  DataLoaderState,
  GeneratorState,
  MovingAverageState,
  OptimizerSettings,
  randomState,
  SchedulerState,
} from '@pnn/nn';
import {
  anyOf,
  anything,
  boolean,
  count,
  type Decoder,
  dictionary,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  refine,
  text,
} from '../codec/index.js';
import type { EpochSumsState } from './epoch-statistics.js';
import type { MonitorState } from './monitor.js';
import { epochDecoder } from './record-decoders.js';
import type { EpochRecord } from './records.js';
import type { TrainerProgress } from './trainer.js';

/** The version of the checkpoints that are written, and the only one that is read. */
export const CHECKPOINT_VERSION = 2;

/** What a checkpoint holds besides tensors; survives JSON. */
export interface CheckpointState {
  readonly version: typeof CHECKPOINT_VERSION;
  readonly progress: TrainerProgress;
  readonly optimizer: OptimizerSettings;
  readonly scheduler: SchedulerState | null;
  readonly average: MovingAverageState['settings'] | null;
  readonly random: ReturnType<typeof randomState>;
  /** The records of the complete epochs, for the report. */
  readonly epochs: readonly EpochRecord[];
  /**
   * What whoever made the checkpoint wants to find again, such as the options of a command. It comes back as JSON has it,
   * with strings for numbers that are not finite: decode it by `@pnn/pnn/codec`.
   */
  readonly settings: unknown;
}

const generator = object<GeneratorState>({
  seed: count,
  stream: text,
  position: count,
  spareNormal: nullable(number),
});

const loader = object<DataLoaderState>({
  samples: count,
  batchSize: count,
  position: count,
  shuffle: generator,
  augmentation: generator,
});

const sums = refine(
  object<EpochSumsState>({
    steps: count,
    samples: count,
    loss: number,
    boundary: number,
    metrics: dictionary(number),
    norms: list(number),
    clipped: count,
    seconds: number,
  }),
  'sums with one norm for each step',
  ({ steps, norms }) => steps === norms.length,
);

const monitor = object<MonitorState>({ value: nullable(number), epoch: count, since: count });

const progress = object<TrainerProgress>({
  epoch: count,
  step: count,
  shards: count,
  sums,
  ranges: list(
    object<TrainerProgress['ranges'][number]>({
      maxAbs: number,
      outside: count,
      notFinite: count,
      total: count,
      counts: list(count),
    }),
  ),
  lambda: list(number),
  loader: optional(loader),
  best: nullable(monitor),
  earlyStopping: nullable(monitor),
});

const optimizerOption: Decoder<unknown> = anyOf<unknown>(
  'a number, a list of numbers, a truth value or a string',
  number,
  list(number),
  boolean,
  text,
);

const optimizer = object<OptimizerSettings>({
  optimizer: text,
  options: dictionary(optimizerOption),
  groups: list(
    object<OptimizerSettings['groups'][number]>({
      name: text,
      shapes: list(list(count)),
      lrScale: number,
      weightDecay: number,
      clipped: boolean,
    }),
  ),
  steps: list(count),
  initialLr: nullable(number),
});

const scheduler: Decoder<SchedulerState> = (value, path) =>
  dictionary(
    nullable(
      anyOf<string | number | readonly SchedulerState[]>('a number, a string or a list', number, text, list(scheduler)),
    ),
  )(value, path);

/** Decodes what a checkpoint holds besides tensors; its settings are left for their owner to decode. */
export const checkpointStateDecoder = object<CheckpointState>({
  version: oneOf(CHECKPOINT_VERSION),
  progress,
  optimizer,
  scheduler: nullable(scheduler),
  average: nullable(
    object<MovingAverageState['settings']>({ decay: number, warmUp: boolean, averageBuffers: boolean, updates: count }),
  ),
  random: object<CheckpointState['random']>({ seed: count, streams: list(generator) }),
  epochs: list(epochDecoder),
  settings: anything,
});
