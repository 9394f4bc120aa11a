import {
  FormatError,
  type HostArray,
  type OptimizerSettings,
  randomState,
  restoreRandomState,
  type SchedulerState,
  StateDictError,
  toHostArrays,
} from '@pnn/nn';
import type { EpochRecord } from '../report/record.js';
import type { Trainer, TrainerProgress } from './trainer.js';

/** Everything that a training needs to continue bit for bit: tensors as plain data, the rest as JSON. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, HostArray>;
  readonly state: CheckpointState;
}

/** What a checkpoint holds besides tensors; survives JSON. */
export interface CheckpointState {
  readonly version: 1;
  readonly progress: TrainerProgress;
  readonly optimizer: OptimizerSettings;
  readonly scheduler: SchedulerState | null;
  readonly random: ReturnType<typeof randomState>;
  /** The records of the complete epochs, for the report. */
  readonly epochs: readonly EpochRecord[];
  /** What whoever made the checkpoint wants to find again, such as the options of a command. */
  readonly settings: unknown;
}

const NETWORK = 'network.';
const OPTIMIZER = 'optimizer.';
const KEY = 'pnn.checkpoint';

function withoutPrefix(arrays: ReadonlyMap<string, HostArray>, prefix: string): Map<string, HostArray> {
  return new Map(
    [...arrays].flatMap(([name, array]): [string, HostArray][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
    ),
  );
}

/** Takes a checkpoint between two steps: of the network, optimiser, scheduler and data order, and all random streams. */
export async function takeCheckpoint(
  trainer: Trainer,
  epochs: readonly EpochRecord[] = [],
  settings: unknown = null,
): Promise<Checkpoint> {
  const { optimizer, scheduler } = trainer.options;
  const optimizerState = optimizer.stateDict();
  const network = await toHostArrays(trainer.network.stateDict(), NETWORK);
  const moments = await toHostArrays(optimizerState.tensors, OPTIMIZER);
  return {
    tensors: new Map([...network, ...moments]),
    state: {
      version: 1,
      progress: trainer.progress(),
      optimizer: optimizerState.settings,
      scheduler: scheduler?.stateDict() ?? null,
      random: randomState(),
      epochs: [...epochs],
      settings,
    },
  };
}

/**
 * Puts a trainer that was made with the same network and options where the checkpoint was taken.
 *
 * @throws StateDictError where network, optimiser or scheduler are others
 */
export function restoreCheckpoint(trainer: Trainer, { tensors, state }: Checkpoint): void {
  const { optimizer, scheduler } = trainer.options;
  if ((scheduler === undefined) !== (state.scheduler === null)) {
    throw new StateDictError(
      `restoreCheckpoint: the checkpoint was taken with${scheduler ? 'out' : ''} a scheduler, the trainer is of the other kind`,
    );
  }
  trainer.network.loadStateDict(withoutPrefix(tensors, NETWORK));
  optimizer.loadStateDict({ settings: state.optimizer, tensors: withoutPrefix(tensors, OPTIMIZER) });
  if (scheduler && state.scheduler) scheduler.loadStateDict(state.scheduler);
  trainer.restore(state.progress);
  restoreRandomState(state.random);
}

/** What stands for a number that JSON does not have, such as a loss that overflowed. */
interface NotFinite {
  readonly notFinite: string;
}

function isNotFinite(value: unknown): value is NotFinite {
  return typeof value === 'object' && value !== null && 'notFinite' in value && typeof value.notFinite === 'string';
}

/** The JSON part of a checkpoint as metadata of a safetensors file. */
export function checkpointMetadata(state: CheckpointState): Record<string, string> {
  const text = JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? ({ notFinite: String(value) } satisfies NotFinite) : value,
  );
  return { [KEY]: text };
}

function isState(state: unknown): state is CheckpointState {
  const { progress, optimizer, random, epochs } = state as Record<string, unknown>;
  return [progress, optimizer, random].every((part) => typeof part === 'object' && part) && Array.isArray(epochs);
}

/**
 * A checkpoint from the contents of a safetensors file.
 *
 * @param name of the file, for messages
 * @throws FormatError where the file is no checkpoint, or one of another version
 */
export function parseCheckpoint(
  content: { readonly tensors: ReadonlyMap<string, HostArray>; readonly metadata: Readonly<Record<string, string>> },
  name: string,
): Checkpoint {
  const text = content.metadata[KEY];
  if (text === undefined) throw new FormatError(`${name} is no checkpoint: its metadata has no ${KEY}`);
  let state: CheckpointState;
  try {
    state = JSON.parse(text, (_, value: unknown) =>
      isNotFinite(value) ? Number(value.notFinite) : value,
    ) as CheckpointState;
  } catch (error) {
    throw new FormatError(`${name}: the metadata ${KEY} is no JSON`, { cause: error });
  }
  if (state?.version !== 1)
    throw new FormatError(`${name}: checkpoint version ${state?.version} is not known, only 1 is`);
  if (!isState(state)) throw new FormatError(`${name} is a checkpoint of which parts are missing`);
  return { tensors: content.tensors, state };
}
