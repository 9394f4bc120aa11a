import {
  type Buffer,
  type Device,
  type FloatDType,
  getThreads,
  reference,
  setThreads,
  type Tensor,
  updateInPlace,
} from '@pnn/nn';
import { hostBytes, hostOffset, hostRange } from '@pnn/tensor/node';
import type { Handle, Message, MpiLibrary, Request } from './library.js';
import { type Addition, additionsOf, partialSumsOf } from './tree.js';

/** What an exchange takes place between. */
export interface Group {
  readonly library: MpiLibrary;
  readonly rank: number;
  readonly size: number;
  /** The address of the first byte of `hostBytes`. */
  readonly base: number;
  /** The communicator that messages go by. */
  readonly messages: Handle;
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
/** The bytes of a piece that one process adds, from all the others together: they stay in the cache until they are added. */
const PIECE_BYTES = 512 * 1024;
/** Shorter messages would cost more than they carry. */
const MIN_MESSAGE_BYTES = 128 * 1024;
/** So many pieces are on their way to those who add them while others are added. */
const AHEAD = 4;
/** The elements that are added at a time: fewer cost more calls, and more would leave the cache where partial sums are needed. */
const BLOCK = 65536;
/** Parts begin at multiples of 64 bytes. */
const ALIGNMENT = 64;
/** MPI promises tags up to 32767 (MPI 4.0, section 8.1.2). An exchange has two, which come again when it has long ended. */
const CALLS_WITH_TAGS = 16384;

/** A piece is added sooner than other threads wake up. */
function onOneThread(act: () => void): void {
  const threads = getThreads();
  setThreads(1);
  try {
    act();
  } finally {
    setThreads(threads);
  }
}

const bytesOf = (dtype: FloatDType): 4 | 8 => (dtype === 'float32' ? 4 : 8);

/** The elements that a process adds. */
interface Part {
  /** In `hostBytes`. */
  readonly offset: number;
  readonly size: number;
}

/** What travels and is added at a time: of each process a part, in the order of ranks. */
interface Piece {
  readonly dtype: FloatDType;
  readonly parts: readonly Part[];
}

/** Cuts a segment into equal shares, but for the last ones, and the shares into pieces. */
function piecesOf({ dtype, offset, size }: Segment, processes: number): Piece[] {
  const bytes = bytesOf(dtype);
  const unit = ALIGNMENT / bytes;
  const share = Math.ceil(size / processes / unit) * unit;
  const length = Math.max(MIN_MESSAGE_BYTES, Math.floor(PIECE_BYTES / (processes - 1) / ALIGNMENT) * ALIGNMENT) / bytes;
  return Array.from({ length: Math.ceil(share / length) }, (_, i) => ({
    dtype,
    parts: Array.from({ length: processes }, (_, process) => {
      const begin = Math.min(process * share + i * length, size);
      const end = Math.min(process * share + Math.min((i + 1) * length, share), size);
      return { offset: offset + begin * bytes, size: end - begin };
    }),
  }));
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

/** Pieces on their way. */
class Transfer {
  readonly #group: Group;
  readonly #device: Device;
  readonly #pieces: readonly Piece[];
  readonly #scatterTag: number;
  readonly #collectTag: number;
  readonly #additions: readonly Addition[];
  /** From the begin of one received part to that of the next, in bytes. */
  readonly #stride: number;
  readonly #received: Buffer;
  readonly #partialSums: Buffer;

  constructor(group: Group, pieces: readonly Piece[], device: Device, call: number) {
    this.#group = group;
    this.#device = device;
    this.#pieces = pieces;
    this.#scatterTag = 2 * (call % CALLS_WITH_TAGS);
    this.#collectTag = this.#scatterTag + 1;
    const most = Math.max(1, ...pieces.map(({ dtype, parts }) => parts[group.rank]!.size * bytesOf(dtype)));
    this.#stride = Math.ceil(most / ALIGNMENT) * ALIGNMENT;
    const doubles = Float64Array.BYTES_PER_ELEMENT;
    this.#received = reference.memory.allocate('float64', (AHEAD * (group.size - 1) * this.#stride) / doubles);
    this.#additions = additionsOf(group.size, group.rank);
    this.#partialSums = reference.memory.allocate('float64', BLOCK * Math.max(1, partialSumsOf(group.size)));
  }

  /** Where the elements of another process come to, in `hostBytes`. */
  #slot(piece: number, process: number): number {
    const { rank, size } = this.#group;
    const other = process < rank ? process : process - 1;
    return hostOffset(this.#received)! + ((piece % AHEAD) * (size - 1) + other) * this.#stride;
  }

  /** Messages to and from all other processes; those without elements are left out. */
  #exchange(
    { dtype }: Piece,
    tag: number,
    send: (process: number) => Part,
    receive: (process: number) => Part,
  ): Request {
    const { library, rank, size, base } = this.#group;
    const messages: Message[] = [];
    for (const kind of ['receive', 'send'] as const) {
      for (let i = 1; i < size; i++) {
        const process = (rank + i) % size;
        const part = kind === 'receive' ? receive(process) : send(process);
        if (part.size === 0) continue;
        messages.push({ kind, process, tag, address: base + part.offset, bytes: part.size * bytesOf(dtype) });
      }
    }
    return library.exchange(messages, this.#group.messages);
  }

  /** Every process gets the elements that it is to add. */
  scatter(i: number): Request {
    const piece = this.#pieces[i]!;
    const own = piece.parts[this.#group.rank]!;
    return this.#exchange(
      piece,
      this.#scatterTag,
      (process) => piece.parts[process]!,
      (process) => ({ offset: this.#slot(i, process), size: own.size }),
    );
  }

  /** The elements that this process adds become the sums of all. */
  add(i: number): void {
    const { rank, size } = this.#group;
    const { dtype, parts } = this.#pieces[i]!;
    const own = parts[rank]!;
    const { add } = this.#device.kernels.binary;
    const bytes = bytesOf(dtype);
    const starts = parts.map((_, process) => (process === rank ? own.offset : this.#slot(i, process)));
    const partialSums = hostOffset(this.#partialSums)!;
    for (let done = 0; done < own.size; done += BLOCK) {
      const length = Math.min(BLOCK, own.size - done);
      const operand = (n: number) =>
        hostRange(dtype, n < size ? starts[n]! + done * bytes : partialSums + (n - size) * BLOCK * bytes, length);
      for (const { left, right, out } of this.#additions) add(operand(left), operand(right), operand(out));
    }
  }

  /** Every process gets the sums of the others. */
  collect(i: number): Request {
    const piece = this.#pieces[i]!;
    const own = piece.parts[this.#group.rank]!;
    return this.#exchange(
      piece,
      this.#collectTag,
      () => own,
      (process) => piece.parts[process]!,
    );
  }

  release(): void {
    reference.memory.release(this.#received);
    reference.memory.release(this.#partialSums);
  }
}

/**
 * In place: every tensor becomes the sum over all processes by the tree of `Communicator`. Each process adds an equal part of
 * the elements, which all others send to it, and sends them the sums: 2(1 − 1/size) of all bytes leave each process, the least that
 * is possible (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, 2009). MPI only moves
 * bytes, so that the order of the additions is ours. While one piece is added others travel.
 *
 * Several exchanges may be on their way, each with its own number: messages find each other by tags.
 *
 * @param tensors on CPU devices, not empty, float32 or float64
 * @param call the number of this exchange, the same in all processes
 * @param announced done when all processes have announced this exchange
 * @param check throws if they announced something else
 * @yields what must be done before it goes on
 */
export function* exchange(
  group: Group,
  tensors: readonly Tensor[],
  call: number,
  announced: Request,
  check: () => void,
): Generator<Request, void, void> {
  const device = tensors[0]?.device ?? reference;
  yield announced;
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
  const pieces = segments.flatMap((segment) => piecesOf(segment, group.size));
  const transfer = new Transfer(group, pieces, device, call);
  try {
    for (const each of packed) each.fill();
    const scattered = pieces.slice(0, AHEAD).map((_, i) => transfer.scatter(i));
    const collected: Request[] = [];
    for (let i = 0; i < pieces.length; i++) {
      yield scattered[i]!;
      onOneThread(() => transfer.add(i));
      collected.push(transfer.collect(i));
      if (i + AHEAD < pieces.length) scattered.push(transfer.scatter(i + AHEAD));
    }
    for (const request of collected) yield request;
    for (const each of packed) each.empty();
    for (const tensor of tensors) updateInPlace(tensor, () => {});
  } finally {
    for (const each of [transfer, ...packed]) each.release();
  }
}
