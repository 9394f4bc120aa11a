import { Arrivals } from './arrivals.js';
import type { Health } from './health.js';
import { ParameterRing } from './parameters.js';
import type { Pipeline } from './pipelines.js';
import type { Block } from './pool.js';
import type { Timer } from './timing.js';
import { SLOT_BYTES } from './wgsl/program.js';

const MAP_READ = 0x1;
const COPY_DESTINATION = 0x8;

/** Dispatches of one submit, at the most. */
const BATCH = 64;

/** Dispatches of the first submit after a read, when the GPU has nothing to do; of each further one twice as many. */
const FIRST_BATCH = 8;

/** Operations of one submit: about a tenth of a second on a small GPU, whose driver would take longer ones for a hang. */
const BATCH_OPERATIONS = 2 ** 36;

/** Bind groups that are kept for further dispatches. */
const BIND_GROUPS_KEPT = 4096;

/** Small reads share a buffer of this size. */
const READ_BYTES = 2 ** 16;

interface Mapped {
  readonly buffer: GPUBuffer;
  /** Fulfilled with all its bytes, once the GPU has copied them there. */
  readonly arrived: Promise<ArrayBuffer>;
}

/** Room of the host for elements that are read. */
interface Landing {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  used: number;
  resolve: (mapped: Mapped) => void;
  readonly mapped: Promise<Mapped>;
  readers: number;
}

/** What was submitted, and how much of it: for benchmarks and tests. */
export interface QueueCounts {
  submits: number;
  dispatches: number;
}

/**
 * Commands in the order in which they are given. They are collected, and submitted when there are many, before anything is
 * read, and when JavaScript yields.
 */
export class Queue {
  readonly counts: QueueCounts = { submits: 0, dispatches: 0 };
  /** Takes the time of every dispatch, where it is set. */
  timer: Timer | undefined;
  readonly #device: GPUDevice;
  readonly #health: Health;
  readonly #parameters: ParameterRing;
  readonly #arrivals: Arrivals;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #landings = new Map<number, GPUBuffer[]>();
  readonly #maxGroups: number;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #doomed: Block[] = [];
  #reading: Landing[] = [];
  /** The batch that is being collected. */
  #batch = 1;
  /** Dispatches that it has room for. */
  #capacity = FIRST_BATCH;
  #dispatches = 0;
  #operations = 0;
  #isOpen = false;

  constructor(device: GPUDevice, health: Health) {
    this.#device = device;
    this.#health = health;
    this.#parameters = new ParameterRing(device, BATCH);
    this.#arrivals = new Arrivals(device);
    this.#maxGroups = device.limits.maxComputeWorkgroupsPerDimension;
  }

  /** Begins a batch, if none is open: what goes wrong from now on is found out with it. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#health.open();
    queueMicrotask(() => {
      if (this.#isOpen) this.submit();
    });
  }

  /**
   * @param blocks those that the pipeline reads, then those that it writes; none of the latter twice
   * @param parameters in the order of the program
   * @param operations about how many, for all workgroups
   */
  dispatch(
    pipeline: Pipeline,
    blocks: readonly Block[],
    parameters: readonly number[],
    groups: number,
    operations: number,
  ): void {
    this.open();
    for (const block of blocks) block.batch = this.#batch;
    const offset = this.#parameters.add(pipeline.parameterTypes, [groups, ...parameters]);
    const timed = this.timer?.next(pipeline.label, groups);
    this.#pass = timed
      ? this.#commandsBetweenPasses().beginComputePass(timed)
      : (this.#pass ?? this.#commands().beginComputePass());
    this.#pass.setPipeline(pipeline.handle);
    this.#pass.setBindGroup(0, this.#bindGroup(pipeline, blocks), [offset]);
    const rows = Math.ceil(groups / this.#maxGroups);
    this.#pass.dispatchWorkgroups(Math.ceil(groups / rows), rows);
    this.counts.dispatches++;
    this.#dispatches++;
    this.#operations += operations;
    if (this.#dispatches === this.#capacity || this.#operations > BATCH_OPERATIONS) {
      this.#capacity = Math.min(2 * this.#capacity, BATCH);
      this.submit();
    }
  }

  copy(from: Block, to: Block): void {
    this.open();
    from.batch = this.#batch;
    to.batch = this.#batch;
    this.#commandsBetweenPasses().copyBufferToBuffer(from.handle, 0, to.handle, 0, Math.min(from.bytes, to.bytes));
  }

  /** Stores bytes in a block, behind everything that was asked for before. */
  write(block: Block, bytes: Uint8Array): void {
    // A write goes ahead of what was not submitted yet.
    if (block.batch === this.#batch && this.#encoder) this.submit();
    this.open();
    this.#device.queue.writeBuffer(block.handle, 0, bytes as Uint8Array<ArrayBuffer>);
  }

  /** A copy of the first bytes of a block, once everything asked for before is done. */
  async read(block: Block, bytes: number): Promise<ArrayBuffer> {
    this.open();
    block.batch = this.#batch;
    const length = Math.ceil(bytes / 4) * 4;
    const landing = this.#land(length);
    const start = landing.used;
    landing.used += Math.ceil(length / 8) * 8;
    landing.readers++;
    this.#commandsBetweenPasses().copyBufferToBuffer(block.handle, 0, landing.buffer, start, length);
    const { buffer, arrived } = await landing.mapped;
    const all = await arrived;
    const copy = all.slice(start, start + bytes);
    landing.readers--;
    if (landing.readers === 0) {
      buffer.unmap();
      this.#keepLanding(landing.bytes, buffer);
    }
    return copy;
  }

  /** A block is destroyed after the commands that may use it. */
  destroy(block: Block): void {
    if (this.#isOpen) this.#doomed.push(block);
    else block.handle.destroy();
  }

  /** Submits what was collected. */
  submit(): void {
    this.#pass?.end();
    this.#pass = undefined;
    const commands = this.#encoder?.finish();
    this.#encoder = undefined;
    if (commands) {
      this.#parameters.send(this.#device.queue);
      this.#device.queue.submit([commands]);
      this.counts.submits++;
    }
    for (const block of this.#doomed) block.handle.destroy();
    this.#doomed = [];
    const isHealthy = this.#health.close();
    for (const landing of this.#reading) {
      const { buffer } = landing;
      const mapped = buffer.mapAsync(MAP_READ).catch(async (error: unknown) => {
        // What has happened is told first.
        await isHealthy;
        this.#health.missed(error);
      });
      const arrived = Promise.all([mapped, isHealthy]).then(() => {
        this.#health.check();
        return buffer.getMappedRange();
      });
      this.#arrivals.expect(arrived);
      landing.resolve({ buffer, arrived });
    }
    if (this.#reading.length > 0) this.#capacity = FIRST_BATCH;
    this.#reading = [];
    this.#batch++;
    this.#dispatches = 0;
    this.#operations = 0;
    this.#isOpen = false;
  }

  #commands(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #commandsBetweenPasses(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    return this.#commands();
  }

  #bindGroup({ layout, layoutId }: Pipeline, blocks: readonly Block[]): GPUBindGroup {
    let key = `${layoutId}`;
    for (const block of blocks) key += `,${block.id}`;
    let group = this.#bindGroups.get(key);
    if (!group) {
      if (this.#bindGroups.size === BIND_GROUPS_KEPT) this.#bindGroups.clear();
      const uniform = { binding: 0, resource: { buffer: this.#parameters.buffer, size: SLOT_BYTES } };
      const storage = blocks.map(({ handle }, i) => ({ binding: i + 1, resource: { buffer: handle } }));
      group = this.#device.createBindGroup({ layout, entries: [uniform, ...storage] });
      this.#bindGroups.set(key, group);
    }
    return group;
  }

  #land(length: number): Landing {
    const last = this.#reading.at(-1);
    if (last && last.used + length <= last.bytes) return last;
    const bytes = Math.max(READ_BYTES, 2 ** Math.ceil(Math.log2(length)));
    const buffer =
      this.#landings.get(bytes)?.pop() ??
      this.#device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DESTINATION });
    let resolve: (mapped: Mapped) => void = () => {};
    const mapped = new Promise<Mapped>((fulfill) => {
      resolve = fulfill;
    });
    const landing = { buffer, bytes, used: 0, resolve, mapped, readers: 0 };
    this.#reading.push(landing);
    return landing;
  }

  #keepLanding(bytes: number, buffer: GPUBuffer): void {
    const kept = this.#landings.get(bytes) ?? [];
    this.#landings.set(bytes, kept);
    if (kept.length < 2) kept.push(buffer);
    else buffer.destroy();
  }
}
