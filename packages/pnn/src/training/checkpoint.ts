import { FormatError, type HostArray, randomState, restoreRandomState, StateDictError, toHostArrays } from '@pnn/nn';
import { anything, decodeJson, encodeJson, object } from '../codec/index.js';
import { CHECKPOINT_VERSION, type CheckpointState, checkpointStateDecoder } from './checkpoint-state.js';
import type { EpochRecord } from './records.js';
import type { Trainer } from './trainer.js';

/** Everything that a training needs to continue bit for bit: tensors as plain data, the rest as JSON. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, HostArray>;
  readonly state: CheckpointState;
}

const NETWORK = 'network.';
const OPTIMIZER = 'optimizer.';
const AVERAGE = 'average.';
const BEST = 'best.';
const KEY = 'pnn.checkpoint';

function withoutPrefix(arrays: ReadonlyMap<string, HostArray>, prefix: string): Map<string, HostArray> {
  return new Map(
    [...arrays].flatMap(([name, array]): [string, HostArray][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
    ),
  );
}

/** Takes a checkpoint between two steps: of the network, optimizer, scheduler and data order, and all random streams. */
export async function takeCheckpoint(
  trainer: Trainer,
  epochs: readonly EpochRecord[] = [],
  settings: unknown = null,
): Promise<Checkpoint> {
  const { optimizer, scheduler, average } = trainer.options;
  const optimizerState = optimizer.stateDict();
  const averageState = average?.stateDict();
  const network = await toHostArrays(trainer.network.stateDict(), NETWORK);
  const moments = await toHostArrays(optimizerState.tensors, OPTIMIZER);
  const averages = averageState ? await toHostArrays(averageState.tensors, AVERAGE) : [];
  const best = await toHostArrays(trainer.bestWeights, BEST);
  return {
    tensors: new Map([...network, ...moments, ...averages, ...best]),
    state: {
      version: CHECKPOINT_VERSION,
      progress: trainer.progress(),
      optimizer: optimizerState.settings,
      scheduler: scheduler?.stateDict() ?? null,
      average: averageState?.settings ?? null,
      random: randomState(),
      epochs: [...epochs],
      settings,
    },
  };
}

/**
 * Puts a trainer that was made with the same network and options where the checkpoint was taken.
 *
 * @throws StateDictError where network, optimizer or scheduler are others
 */
export function restoreCheckpoint(trainer: Trainer, { tensors, state }: Checkpoint): void {
  const { optimizer, scheduler, average, best, earlyStopping } = trainer.options;
  const { progress } = state;
  for (const [what, own, stored] of [
    ['a scheduler', scheduler, state.scheduler],
    ['an average of the weights', average, state.average],
    ['the best weights', best, progress.best],
    ['early stopping', earlyStopping, progress.earlyStopping],
  ] as const) {
    if ((own === undefined) === (stored === null)) continue;
    throw new StateDictError(
      `restoreCheckpoint: the checkpoint was taken with${own ? 'out' : ''} ${what}, the trainer is of the other kind`,
    );
  }
  trainer.network.loadStateDict(withoutPrefix(tensors, NETWORK));
  optimizer.loadStateDict({ settings: state.optimizer, tensors: withoutPrefix(tensors, OPTIMIZER) });
  if (scheduler && state.scheduler) scheduler.loadStateDict(state.scheduler);
  if (average && state.average) {
    average.loadStateDict({ settings: state.average, tensors: withoutPrefix(tensors, AVERAGE) });
  }
  trainer.restore(progress, withoutPrefix(tensors, BEST));
  restoreRandomState(state.random);
}

/** The JSON part of a checkpoint as metadata of a safetensors file. */
export function checkpointMetadata(state: CheckpointState): Record<string, string> {
  return { [KEY]: encodeJson(state) };
}

/**
 * A checkpoint from the contents of a safetensors file.
 *
 * @param name of the file, for messages
 * @throws FormatError where the file is no checkpoint, one of another version, or an incomplete or damaged one
 */
export function parseCheckpoint(
  content: { readonly tensors: ReadonlyMap<string, HostArray>; readonly metadata: Readonly<Record<string, string>> },
  name: string,
): Checkpoint {
  const text = content.metadata[KEY];
  if (text === undefined) throw new FormatError(`${name} is no checkpoint: its metadata has no ${KEY}`);
  const path = `${name}: ${KEY}`;
  const value = decodeJson(text, anything, path);
  const { version } = object<{ version: unknown }>({ version: anything })(value, path);
  if (version !== CHECKPOINT_VERSION) {
    throw new FormatError(
      `${name} is a checkpoint of version ${version}, and this program reads version ${CHECKPOINT_VERSION}: ` +
        'go on with the program that wrote it, or train from the beginning',
    );
  }
  return { tensors: content.tensors, state: checkpointStateDecoder(value, path) };
}
