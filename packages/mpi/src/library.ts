/** A handle of MPI: the address of an object of Open MPI, a number of MPICH. */
export type Handle = unknown;

/** An address in this process. */
export type Address = number | bigint;

/** What MPI is told of the elements. It only moves them: int32 and float32 are both four bytes. */
export type ElementBytes = 1 | 4 | 8;

/**
 * A call that runs while the program goes on; MPI works on it whenever `test` is called. It holds what MPI reads until
 * then, so that the garbage collector leaves it alone.
 */
export interface Request {
  readonly handles: BigInt64Array | Int32Array;
  readonly holds: readonly unknown[];
}

/** Bytes that go to another process or come from it. Of those with the same tag the first sent is the first received. */
export interface Message {
  readonly kind: 'send' | 'receive';
  readonly process: number;
  readonly tag: number;
  readonly address: Address;
  readonly bytes: number;
}

/** The functions of MPI that are needed, all of which throw where MPI reports an error. */
export interface MpiLibrary {
  /** The first line of what the library says of itself. */
  readonly version: string;
  initialize(): void;
  finalize(): void;
  /** Ends all processes of the job. It may never return, so it runs in a thread. */
  abort(status: number): void;
  readonly world: Handle;
  rank(communicator: Handle): number;
  size(communicator: Handle): number;
  /** Another communicator of the same processes, whose calls are in an order of their own. */
  duplicate(communicator: Handle): Handle;
  /** Of each process the same number of bytes, in the order of ranks. */
  allgather(send: Uint8Array, receive: Uint8Array, communicator: Handle): Request;
  /** Begins all of them; the request is done when they all are. */
  exchange(messages: readonly Message[], communicator: Handle): Request;
  broadcast(
    buffer: Address | Uint8Array,
    count: number,
    bytes: ElementBytes,
    root: number,
    communicator: Handle,
  ): Request;
  /** Lets MPI work on all requests; whether this one is done. */
  test(request: Request): boolean;
  /** What this machine is called. */
  processorName(): string;
  /** The address of the first byte. */
  addressOf(bytes: Uint8Array): number;
}
