/**
 * How long a sum over processes takes beside MPI_Allreduce, one after the other in the same run:
 *
 *     npm run build && mpirun -n 2 --bind-to none node --import tsx benchmarks/exchange.ts
 *
 * Both are a sum in place of float32 and of the same tensors, in the same pages of memory; only ours has the same bits whatever
 * the number of processes. MPI_Allreduce is the blocking call, during which neither timers nor signals have their turn. With
 * PNN_MPI_DIRECT_COPIES=0 elements go by messages of MPI in both, as between machines; `--mca btl self,tcp` takes TCP.
 */
import { availableParallelism } from 'node:os';
import { mpi } from '@pnn/mpi';
import { setDevice, setThreads, tensor, wasm } from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import koffi from 'koffi';

/** Bytes of each row; the first are those of the gradients of a ResNet-18. */
const sizes = [44.7e6, 4 * 2 ** 20, 100 * 1024, 1024];
/** Rounds until programs are compiled and memory is there: V8 compiles a sum of 44.7 MB to the end only after some hundreds. */
const WARM_UP = 300;
/** As a network has them: tensors of this many elements at most. */
const LARGEST_TENSOR = 512 * 512 * 9;

setDevice(await wasm());
const communicator = await mpi();
const { rank, size } = communicator;
setThreads(Math.max(1, Math.floor(availableParallelism() / size)));
const allreduce = bindAllreduce();

/** MPI_Allreduce of float32, in place, by the library that `mpi` has loaded. */
function bindAllreduce(): (address: bigint, count: number) => void {
  const isOpenMpi = communicator.library.includes('Open MPI');
  const library = koffi.load(isOpenMpi ? 'libmpi.so.40' : 'libmpich.so.12', { global: true, lazy: true });
  const handle = isOpenMpi ? 'void *' : 'int';
  const [float, sum, world, inPlace] = isOpenMpi
    ? [...['float', 'op_sum', 'comm_world'].map((name) => library.symbol(`ompi_mpi_${name}`, 'void *')), 1n]
    : [0x4c00040a, 0x58000003, 0x44000000, -1n];
  const call = library.func('MPI_Allreduce', 'int', ['void *', 'void *', 'int', handle, handle, handle]);
  return (address, count) => call(inPlace, address, count, float, sum, world);
}

const base = koffi.address(hostBytes());
const median = (values: number[]) => values.slice().sort((a, b) => a - b)[values.length >> 1]!;

for (const bytes of sizes) {
  const lengths: number[] = [];
  for (let left = Math.floor(bytes / 4); left > 0; left -= lengths.at(-1)!)
    lengths.push(Math.min(left, LARGEST_TENSOR));
  const tensors = lengths.map((length) => tensor(new Float32Array(length)));
  const rows: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
  const rounds = bytes > 1e7 ? 41 : 101;
  for (let round = -WARM_UP; round < rounds; round++) {
    const inTurn = Object.entries(rows);
    for (const [name, times] of round % 2 === 0 ? inTurn : inTurn.reverse()) {
      await communicator.gather([[round]]);
      const start = performance.now();
      if (name === 'ours') await communicator.sum(tensors);
      else for (const each of tensors) allreduce(base + BigInt(hostOffset(each.buffer)!), each.size);
      if (round >= 0) times.push(performance.now() - start);
    }
  }
  // The slower process decides.
  const all = await communicator.gather([rows.ours, rows.theirs]);
  const [ours, theirs] = [0, 1].map((i) =>
    Array.from({ length: rounds }, (_, round) => Math.max(...all.map((each) => each[i]![round]!))),
  ) as [number[], number[]];
  if (rank === 0) {
    const ratio = median(ours.map((each, round) => each / theirs[round]!)).toFixed(2);
    const times = (values: number[]) => `${median(values).toFixed(3)} ms (least ${Math.min(...values).toFixed(3)})`;
    console.log(`${bytes / 1000} KB   sum ${times(ours)}   MPI_Allreduce ${times(theirs)}   ratio ${ratio}`);
  }
  for (const each of tensors) each.dispose();
}
const way = communicator.copiesDirectly ? 'copies from memory to memory' : 'messages';
if (rank === 0) console.log(`${size} processes, ${way}, medians of pairs, ${communicator.library}`);
