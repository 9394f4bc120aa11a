import {
  type Communicator,
  DTypeError,
  isFloat,
  type OngoingSum,
  reference,
  type Tensor,
  updateInPlace,
} from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import { agreeOn } from './agreement.js';
import {
  ANNOUNCEMENT_BYTES,
  type Announcement,
  checkAnnouncements,
  encodeAnnouncement,
  hashOf,
  type Operation,
} from './announcement.js';
import { MpiError } from './errors.js';
import { exchange } from './exchange/exchange.js';
import type { Group } from './exchange/group.js';
import { findNeighbors } from './exchange/neighbors.js';
import type { ElementBytes, Handle, MpiLibrary, Request } from './library.js';
import type { System } from './system.js';
import type { Patience, Waiting } from './waiting.js';

/** An exchange on its way. */
interface Running {
  readonly steps: Generator<Request, void, void>;
  /** Done when all processes have begun it. */
  readonly announced: Request;
  /** What it waits for; undefined at its end. */
  request: Request | undefined;
  error: unknown;
}

const dtypes = ['float32', 'float64', 'int32', 'bool'] as const;

function shapeHash(tensors: readonly Tensor[]): number {
  return hashOf(tensors.flatMap(({ dtype, size }) => [dtypes.indexOf(dtype), size]));
}

/** The processes that `mpirun` or `srun` has started, over MPI; see `mpi`. */
export class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  /** What the library of MPI says of itself. */
  readonly library: string;
  readonly #mpi: MpiLibrary;
  readonly #waiting: Waiting;
  readonly #group: Group;
  readonly #announcements: Handle;
  readonly #values: Handle;
  /** Those on their way, in the order in which they began. */
  readonly #running = new Set<Running>();
  #calls = 0;
  #isFinal = false;

  /** @internal */
  constructor(mpi: MpiLibrary, waiting: Waiting) {
    this.#mpi = mpi;
    this.#waiting = waiting;
    this.library = mpi.version;
    this.rank = mpi.rank(mpi.world);
    this.size = mpi.size(mpi.world);
    this.#announcements = mpi.duplicate(mpi.world);
    this.#values = mpi.duplicate(mpi.world);
    this.#group = {
      library: mpi,
      rank: this.rank,
      size: this.size,
      base: mpi.addressOf(hostBytes()),
      messages: mpi.duplicate(mpi.world),
      neighbors: undefined,
    };
  }

  /** Whether the elements of sums are copied from memory to memory; otherwise they go by messages of MPI. */
  get copiesDirectly(): boolean {
    return this.#group.neighbors !== undefined;
  }

  /** @internal Finds out whether processes may copy from the memory of each other, if all of them want it. */
  async meetNeighbors(system: System, isWanted: boolean): Promise<void> {
    this.#group.neighbors = await findNeighbors(this, system, this.#group.base, isWanted);
  }

  async sum(tensors: readonly Tensor[]): Promise<void> {
    checkTypes(tensors);
    if (this.size > 1) await onHost(tensors, (copies) => this.#finish(this.#begin(copies)));
  }

  beginSum(tensors: readonly Tensor[]): OngoingSum {
    checkTypes(tensors);
    const isReachable = tensors.every(({ buffer }) => hostOffset(buffer) !== undefined);
    // What a GPU computes in the background cannot be sent before it was read.
    if (this.size === 1 || !isReachable) return { poll: () => {}, finish: () => this.sum(tensors) };
    const running = this.#begin(tensors);
    return { poll: () => this.#resume(running), finish: () => this.#finish(running) };
  }

  async gather(numbers: readonly ArrayLike<number>[]): Promise<readonly (readonly ArrayLike<number>[])[]> {
    const lengths = numbers.map(({ length }) => length);
    const own = new Float64Array(lengths.reduce((sum, length) => sum + length, 0));
    let begin = 0;
    for (const each of numbers) {
      own.set(each, begin);
      begin += each.length;
    }
    await this.#announced('gather', hashOf(lengths));
    const all = new Float64Array(own.length * this.size);
    const request = this.#mpi.allgather(new Uint8Array(own.buffer), new Uint8Array(all.buffer), this.#values);
    await this.#waiting.until(request, 'gather', 'spin');
    return Array.from({ length: this.size }, (_, process) => {
      let end = process * own.length;
      return lengths.map((length) => {
        end += length;
        return all.subarray(end - length, end);
      });
    });
  }

  async broadcast(tensors: readonly Tensor[]): Promise<void> {
    if (this.size === 1) return;
    await onHost(tensors, async (copies) => {
      await this.#announced('broadcast', shapeHash(copies));
      const requests = copies.map(({ buffer, size, dtype }) => {
        const bytes: ElementBytes = dtype === 'bool' ? 1 : dtype === 'float64' ? 8 : 4;
        return this.#mpi.broadcast(this.#group.base + hostOffset(buffer)!, size, bytes, 0, this.#values);
      });
      for (const request of requests) await this.#waiting.until(request, 'broadcast', 'spin');
      for (const tensor of copies) updateInPlace(tensor, () => {});
    });
  }

  /**
   * Whether all processes have the same facts, such as settings and fingerprints of data.
   *
   * @param facts what is compared, by a name that the user knows
   * @param advice what to do if they differ, as in "start all processes with the same options"
   * @throws MpiError in all processes alike, with the first fact that differs and where
   */
  agree(facts: Readonly<Record<string, string>>, advice: string): Promise<void> {
    return agreeOn(this, this.#mpi.processorName(), facts, advice);
  }

  /**
   * The end, which all processes come to together: none goes on before all are here. A process that ends with status 0
   * does this by itself; one that is to end with another status needs it, or `mpirun` ends those that are still at work.
   */
  async finalize(): Promise<void> {
    if (this.#isFinal) return;
    await this.gather([]);
    this.#isFinal = true;
    this.#mpi.finalize();
  }

  /** @internal What is done when the process ends with status 0. With calls on their way, MPI could not end. */
  finalizeAtExit(): void {
    if (this.#isFinal || this.#running.size > 0) return;
    this.#isFinal = true;
    this.#mpi.finalize();
  }

  #announce(
    operation: Operation,
    shape: number,
  ): { readonly call: number; readonly request: Request; readonly received: Uint8Array } {
    if (this.#isFinal) throw new MpiError(`mpi: ${operation} was called after finalize`);
    const call = this.#calls++;
    const announcement: Announcement = { operation, call, shape };
    const received = new Uint8Array(ANNOUNCEMENT_BYTES * this.size);
    const request = this.#mpi.allgather(encodeAnnouncement(announcement), received, this.#announcements);
    return { call, request, received };
  }

  /** Until all processes are about to do this. */
  async #announced(operation: Operation, shape: number): Promise<void> {
    const { request, received } = this.#announce(operation, shape);
    await this.#waiting.until(request, operation, 'sleep');
    checkAnnouncements(received);
  }

  #begin(tensors: readonly Tensor[]): Running {
    const { call, request: announced, received } = this.#announce('sum', shapeHash(tensors));
    const filled = tensors.filter(({ size }) => size > 0);
    const steps = exchange(this.#group, filled, call, announced, () => checkAnnouncements(received));
    const running: Running = { steps, announced, request: steps.next().value ?? undefined, error: undefined };
    this.#running.add(running);
    return running;
  }

  /** Lets every exchange go on as far as it can without waiting. */
  #advance(): void {
    for (const running of this.#running) this.#resume(running);
  }

  #resume(running: Running): void {
    while (running.request && this.#mpi.test(running.request)) {
      try {
        const { value, done } = running.steps.next();
        running.request = done ? undefined : value;
      } catch (error) {
        running.request = undefined;
        running.error = error;
      }
    }
    if (!running.request) this.#running.delete(running);
  }

  async #finish(running: Running): Promise<void> {
    const until = (isDone: () => boolean, patience: Patience) =>
      this.#waiting.untilTrue(
        () => {
          this.#advance();
          return isDone();
        },
        'sum',
        patience,
      );
    await until(() => running.request !== running.announced, 'sleep');
    await until(() => !running.request, 'spin');
    if (running.error !== undefined) throw running.error;
  }
}

function checkTypes(tensors: readonly Tensor[]): void {
  for (const { dtype } of tensors) {
    if (!isFloat(dtype)) throw new DTypeError(`sum: takes float32 and float64, not ${dtype}: cast() the tensor`);
  }
}

/** Calls the function with tensors on the CPU: those given, or copies that are written back. */
async function onHost(tensors: readonly Tensor[], use: (copies: readonly Tensor[]) => Promise<void>): Promise<void> {
  const copies = await Promise.all(
    tensors.map((tensor) => (hostOffset(tensor.buffer) === undefined ? tensor.to(reference) : tensor)),
  );
  try {
    await use(copies);
    for (const [i, tensor] of tensors.entries()) {
      const copy = copies[i]!;
      if (copy !== tensor) updateInPlace(tensor, () => tensor.device.memory.write(tensor, copy.dataSync()));
    }
  } finally {
    for (const [i, copy] of copies.entries()) if (copy !== tensors[i]) copy.dispose();
  }
}
