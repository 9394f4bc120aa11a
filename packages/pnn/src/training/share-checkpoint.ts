import { type Communicator, type HostArray, reference, shareText, type Tensor, tensor } from '@pnn/nn';
import { anything, count, decodeJson, encodeJson, list, object, oneOf, text } from '../codec/index.js';
import type { Checkpoint } from './checkpoint.js';
import { checkpointStateDecoder } from './checkpoint-state.js';

interface AnnouncedTensor extends Omit<HostArray, 'data'> {
  readonly name: string;
}

/** What the others must know before the tensors come. */
interface Announcement {
  readonly tensors: readonly AnnouncedTensor[];
  /** A `CheckpointState`. */
  readonly state: unknown;
}

const announcement = object<Announcement>({
  tensors: list(
    object<AnnouncedTensor>({
      name: text,
      dtype: oneOf('float32', 'float64', 'int32', 'bool'),
      shape: list(count),
    }),
  ),
  state: anything,
});

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * Gives all processes the checkpoint of process 0, so that only its machine needs the file. Each then calls
 * `restoreCheckpoint`.
 *
 * @param checkpoint what process 0 has loaded; the others pass nothing
 */
export async function shareCheckpoint(
  communicator: Communicator,
  checkpoint: Checkpoint | undefined,
): Promise<Checkpoint> {
  if (communicator.size === 1 && checkpoint) return checkpoint;
  const own: Announcement | undefined = checkpoint && {
    tensors: Array.from(checkpoint.tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape })),
    state: checkpoint.state,
  };
  const path = 'the checkpoint of process 0';
  const { tensors, state } = decodeJson(await shareText(communicator, own ? encodeJson(own) : ''), announcement, path);
  const shared = new Map<string, HostArray>();
  for (const { name, dtype, shape } of tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = checkpoint?.tensors.get(name)?.data ?? new arrays[dtype](size);
    using each: Tensor = tensor(data, { shape, device: reference });
    await communicator.broadcast([each]);
    shared.set(name, { dtype, shape, data: each.dataSync().slice() });
  }
  return { tensors: shared, state: checkpointStateDecoder(state, path) };
}
