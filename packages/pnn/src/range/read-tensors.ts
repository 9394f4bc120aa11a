import { concat, type DeviceMemory, type DType, noGrad, reference, scope, type Tensor } from '@pnn/nn';

/** From here on float32 skips integers. */
const EXACT_INTEGERS = 2 ** 24;

const isOnHost = ({ device }: Tensor): boolean => device.memory === reference.memory;

/** All tensors of one memory as one, so that there is one transfer to wait for. */
async function readPacked(tensors: readonly Tensor[]): Promise<ArrayLike<number>[]> {
  const dtype: DType = tensors.some((tensor) => tensor.dtype === 'float64') ? 'float64' : 'float32';
  const packed = scope(() => noGrad(() => concat(tensors.map((tensor) => tensor.cast(dtype).flatten()))));
  const data = await packed.data();
  packed.dispose();
  let start = 0;
  return Promise.all(
    tensors.map((tensor) => {
      const values = data.subarray(start, start + tensor.size);
      start += tensor.size;
      const mayBeRounded = tensor.dtype === 'int32' && dtype === 'float32';
      return mayBeRounded && values.some((value) => Math.abs(value) >= EXACT_INTEGERS) ? tensor.data() : values;
    }),
  );
}

/**
 * The elements of many tensors by one wait for the device: where it has a memory of its own they are packed into one
 * tensor there and read together, and where it shares the memory of the program each is read as it is.
 *
 * @returns the elements of each tensor, in the groups that they were given in
 */
export async function readTensors<Group extends string>(
  groups: Readonly<Record<Group, readonly Tensor[]>>,
): Promise<Record<Group, ArrayLike<number>[]>> {
  const tensors = Object.values<readonly Tensor[]>(groups).flat();
  const values = new Map<Tensor, ArrayLike<number>>();
  const memories = new Map<DeviceMemory, Tensor[]>();
  for (const tensor of tensors) {
    if (isOnHost(tensor)) values.set(tensor, tensor.dataSync());
    else memories.set(tensor.device.memory, [...(memories.get(tensor.device.memory) ?? []), tensor]);
  }
  await Promise.all(
    Array.from(memories.values(), async (members) => {
      const read = await readPacked(members);
      for (const [i, member] of members.entries()) values.set(member, read[i]!);
    }),
  );
  const entries = Object.entries<readonly Tensor[]>(groups);
  return Object.fromEntries(
    entries.map(([group, members]) => [group, members.map((member) => values.get(member)!)]),
  ) as Record<Group, ArrayLike<number>[]>;
}
