import { linearMemory } from '../../packages/tensor/src/devices/host/linear-memory.js';

/** Memory at one moment, in MiB. */
export interface MemorySample {
  readonly minute: number;
  /** Of the process, as the system counts it. */
  readonly resident: number;
  /** Of JavaScript's objects. */
  readonly heap: number;
  /** The part of the linear memory that was ever handed out. */
  readonly reserved: number;
}

const MIB = 2 ** 20;

/** How much more than at half-time a run may have at its end, and still be flat: collections come when they like. */
const FLAT = { share: 1.15, mebibytes: 64 };

/** Measures now. */
export function sampleMemory(minute: number): MemorySample {
  const { rss, heapUsed } = process.memoryUsage();
  return { minute, resident: rss / MIB, heap: heapUsed / MIB, reserved: linearMemory.reservedBytes / MIB };
}

/** A line about one moment. */
export function memoryLine({ resident, heap, reserved }: MemorySample): string {
  return `resident ${resident.toFixed(0)}, heap ${heap.toFixed(0)}, linear memory ${reserved.toFixed(0)} MiB`;
}

/** The largest of the first half of the samples must not be passed by much in the second; says what grew. */
export function growth(samples: readonly MemorySample[]): string | undefined {
  const half = Math.ceil(samples.length / 2);
  for (const key of ['resident', 'heap', 'reserved'] as const) {
    const before = Math.max(...samples.slice(0, half).map((each) => each[key]));
    const after = Math.max(...samples.slice(half).map((each) => each[key]));
    if (after > FLAT.share * before + FLAT.mebibytes) {
      return `${key} memory grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB between the halves of the run`;
    }
  }
  return undefined;
}
