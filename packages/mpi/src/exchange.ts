import { type Buffer, type Device, type FloatDType, reference, type Tensor, updateInPlace } from '@pnn/nn';
import { hostBytes, hostOffset, hostRange } from '@pnn/tensor/node';
import type { Handle, Layout, MpiLibrary, Request } from './library.js';
import { sumByTree } from './tree.js';

/** What an exchange takes place between. */
export interface Group {
  readonly library: MpiLibrary;
  readonly rank: number;
  readonly size: number;
  /** The address of the first byte of `hostBytes`. */
  readonly base: number;
  /** The communicator on which parts go to those who add them; one of its own, since calls on each have one order. */
  readonly scatter: Handle;
  /** The communicator on which sums come back. */
  readonly collect: Handle;
}

/** What an exchange does next, in this order. */
export const Phase = { scatter: 0, collect: 1, finish: 2 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** An exchange goes on with this phase when the request is done. */
export interface Pause {
  readonly request: Request;
  readonly phase: Phase;
}

/** Elements that are exchanged in place, or copied before and after. */
interface Segment {
  readonly dtype: FloatDType;
  /** In `hostBytes`. */
  readonly offset: number;
  readonly size: number;
}

/** Smaller tensors are copied side by side, since each exchange by itself waits for the network twice. */
const LARGE = 65536;
/** The elements that are added at a time: they stay in the cache. */
const BLOCK = 65536;
/** Parts begin at multiples of 64 bytes. */
const ALIGNMENT = 64;

const bytesOf = (dtype: FloatDType): 4 | 8 => (dtype === 'float32' ? 4 : 8);

/** Which elements each process adds: as many each, but for the last ones. */
function layoutOf({ size, dtype }: Segment, processes: number): Layout {
  const unit = ALIGNMENT / bytesOf(dtype);
  const share = Math.ceil(size / processes / unit) * unit;
  const displacements = Int32Array.from({ length: processes }, (_, i) => Math.min(i * share, size));
  const counts = displacements.map((begin) => Math.min(share, size - begin));
  return { counts, displacements };
}

/** Small tensors side by side: where each of them is in the segment. */
class Packed {
  readonly #members: { readonly tensor: Tensor; readonly offset: number }[] = [];
  readonly #buffer: Buffer;
  readonly segment: Segment;

  constructor(dtype: FloatDType, tensors: readonly Tensor[]) {
    const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
    this.#buffer = reference.memory.allocate(dtype, size);
    this.segment = { dtype, offset: hostOffset(this.#buffer)!, size };
    let offset = this.segment.offset;
    for (const tensor of tensors) {
      this.#members.push({ tensor, offset });
      offset += tensor.size * bytesOf(dtype);
    }
  }

  fill(): void {
    const bytes = hostBytes();
    for (const { tensor, offset } of this.#members) {
      const begin = hostOffset(tensor.buffer)!;
      bytes.copyWithin(offset, begin, begin + tensor.size * bytesOf(this.segment.dtype));
    }
  }

  /** Gives the tensors what the segment holds now. */
  empty(): void {
    const bytes = hostBytes();
    for (const { tensor, offset } of this.#members) {
      bytes.copyWithin(hostOffset(tensor.buffer)!, offset, offset + tensor.size * bytesOf(this.segment.dtype));
    }
  }

  release(): void {
    reference.memory.release(this.#buffer);
  }
}

/** One segment on its way. */
class Transfer {
  readonly #group: Group;
  readonly #segment: Segment;
  readonly #device: Device;
  readonly #layout: Layout;
  readonly #received: Buffer;
  /** From the begin of one received part to that of the next, in elements. */
  readonly #stride: number;

  constructor(group: Group, segment: Segment, device: Device) {
    this.#group = group;
    this.#segment = segment;
    this.#device = device;
    this.#layout = layoutOf(segment, group.size);
    const unit = ALIGNMENT / bytesOf(segment.dtype);
    this.#stride = Math.ceil(this.#own.count / unit) * unit;
    this.#received = reference.memory.allocate(segment.dtype, Math.max(1, this.#stride * (group.size - 1)));
  }

  /** Where the sum that this process computes begins in the segment, and its length. */
  get #own(): { readonly begin: number; readonly count: number } {
    const { rank } = this.#group;
    return { begin: this.#layout.displacements[rank]!, count: this.#layout.counts[rank]! };
  }

  /** Where a part comes to in what is received; this process does not send to itself. */
  #slot(process: number): number {
    return (process < this.#group.rank ? process : process - 1) * this.#stride;
  }

  /** Every process gets the elements that it is to add. */
  scatter(): Request {
    const { library, rank, size, base, scatter } = this.#group;
    const { dtype, offset } = this.#segment;
    const sent = { ...this.#layout, counts: this.#layout.counts.slice() };
    sent.counts[rank] = 0;
    const received = {
      counts: Int32Array.from({ length: size }, (_, i) => (i === rank ? 0 : this.#own.count)),
      displacements: Int32Array.from({ length: size }, (_, i) => (i === rank ? 0 : this.#slot(i))),
    };
    const to = base + hostOffset(this.#received)!;
    return library.alltoallv(base + offset, sent, to, received, bytesOf(dtype), scatter);
  }

  /** The sums of the elements that this process has of all. */
  add(): void {
    const { rank, size } = this.#group;
    const { dtype, offset } = this.#segment;
    const { begin, count } = this.#own;
    if (count === 0) return;
    const { kernels } = this.#device;
    const bytes = bytesOf(dtype);
    const starts = Array.from({ length: size }, (_, i) =>
      i === rank ? offset + begin * bytes : hostOffset(this.#received)! + this.#slot(i) * bytes,
    );
    const spares = 2 * Math.log2(size) - 1;
    const memory = reference.memory.allocate(dtype, BLOCK * spares);
    try {
      for (let done = 0; done < count; done += BLOCK) {
        const length = Math.min(BLOCK, count - done);
        const parts = starts.map((start) => hostRange(dtype, start + done * bytes, length));
        const [sum, ...others] = Array.from({ length: spares }, (_, i) =>
          hostRange(dtype, hostOffset(memory)! + i * BLOCK * bytes, length),
        );
        sumByTree(parts, sum!, others, kernels.binary.add);
        kernels.copy(sum!, parts[rank]!);
      }
    } finally {
      reference.memory.release(memory);
    }
  }

  /** Every process gets the sums of the others. */
  collect(): Request {
    const { library, base, collect } = this.#group;
    const { dtype, offset } = this.#segment;
    return library.allgatherv(base + offset, this.#layout, bytesOf(dtype), collect);
  }

  release(): void {
    reference.memory.release(this.#received);
  }
}

/**
 * In place: every tensor becomes the sum over all processes by the tree of `Communicator`. Each process adds an equal part of
 * the elements (Alltoallv), and gets the rest (Allgatherv): 2(1 − 1/size) of all bytes leave each process, the least that is
 * possible (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, 2009). MPI only moves
 * bytes, so that the order of the additions is ours.
 *
 * Several may be on their way, but calls on each communicator must have the same order in every process: `scatter` waits
 * until the exchange before has scattered, `collect` until it has collected.
 *
 * @param tensors on CPU devices, not empty, float32 or float64
 * @param announced done when all processes have announced this exchange
 * @param check throws if they announced something else
 */
export function* exchange(
  group: Group,
  tensors: readonly Tensor[],
  announced: Request,
  check: () => void,
): Generator<Pause, void, void> {
  const device = tensors[0]?.device ?? reference;
  yield { request: announced, phase: Phase.scatter };
  check();
  const packed = (['float32', 'float64'] as const).flatMap((dtype) => {
    const small = tensors.filter((tensor) => tensor.dtype === dtype && tensor.size < LARGE);
    return small.length > 0 ? [new Packed(dtype, small)] : [];
  });
  const large = tensors.filter(({ size }) => size >= LARGE);
  const segments = [
    ...large.map(({ dtype, buffer, size }) => ({ dtype: dtype as FloatDType, offset: hostOffset(buffer)!, size })),
    ...packed.map(({ segment }) => segment),
  ];
  const transfers = segments.map((segment) => new Transfer(group, segment, device));
  try {
    for (const each of packed) each.fill();
    const scattered = transfers.map((transfer) => transfer.scatter());
    const collected: Request[] = [];
    for (const [i, transfer] of transfers.entries()) {
      yield { request: scattered[i]!, phase: Phase.collect };
      transfer.add();
      collected.push(transfer.collect());
    }
    for (const request of collected) yield { request, phase: Phase.finish };
    for (const each of packed) each.empty();
    for (const tensor of tensors) updateInPlace(tensor, () => {});
  } finally {
    for (const each of [...transfers, ...packed]) each.release();
  }
}
