const QUERY_RESOLVE = 0x200;
const COPY_SOURCE = 0x4;
const COPY_DESTINATION = 0x8;
const MAP_READ = 0x1;

/** Dispatches that can be timed at a time: a set holds 4096 timestamps. */
const TIMED = 2048;

/** The time that the GPU spent on one dispatch. */
export interface Timing {
  /** The kernel and its variant. */
  readonly label: string;
  readonly groups: number;
  readonly milliseconds: number;
}

/** Timestamps around every dispatch. Each is a pass of its own then, which takes longer than usual. */
export class Timer {
  readonly #device: GPUDevice;
  readonly #set: GPUQuerySet;
  readonly #dispatches: { readonly label: string; readonly groups: number }[] = [];

  /** @param device one with the feature `timestamp-query` */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#set = device.createQuerySet({ type: 'timestamp', count: 2 * TIMED });
  }

  /** What a pass is begun with, for its times; undefined when there is no more room. */
  next(label: string, groups: number): GPUComputePassDescriptor | undefined {
    const at = 2 * this.#dispatches.length;
    if (at === 2 * TIMED) return undefined;
    this.#dispatches.push({ label, groups });
    return {
      timestampWrites: { querySet: this.#set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  /** The times of all dispatches, once everything was submitted. */
  async read(): Promise<Timing[]> {
    const count = 2 * this.#dispatches.length;
    if (count === 0) return [];
    const size = 8 * count;
    const resolved = this.#device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SOURCE });
    const landing = this.#device.createBuffer({ size, usage: MAP_READ | COPY_DESTINATION });
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(this.#set, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, landing, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await landing.mapAsync(MAP_READ);
    const stamps = new BigUint64Array(landing.getMappedRange().slice(0));
    for (const buffer of [resolved, landing]) buffer.destroy();
    this.#set.destroy();
    return this.#dispatches.map(({ label, groups }, i) => ({
      label,
      groups,
      milliseconds: Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6,
    }));
  }
}
