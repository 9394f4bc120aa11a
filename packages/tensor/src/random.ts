import { noteDrawing } from './effects.js';
import { ArgumentError } from './errors.js';
import type { RandomStream } from './kernels.js';
import { activeTracer, withTracer } from './tracer.js';

/** What must be stored to continue a random stream exactly where it stands. */
export interface GeneratorState {
  readonly seed: number;
  readonly stream: string;
  /** Number of 32-bit words drawn so far. */
  readonly position: number;
  /** The second value of the last Box-Muller pair, not yet handed out. */
  readonly spareNormal: number | null;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle1 = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle1 & 0xffff);
  return (aHigh * bHigh + Math.floor(middle1 / 65536) + Math.floor(middle2 / 65536)) >>> 0;
}

/**
 * One block of Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel Random Numbers: As Easy as
 * 1, 2, 3" (SC 2011): four 32-bit words for a counter of 128 bits and a key of 64 bits.
 *
 * @param out receives the four words
 */
export function philox(
  out: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let x0 = counter0 >>> 0;
  let x1 = counter1 >>> 0;
  let x2 = counter2 >>> 0;
  let x3 = counter3 >>> 0;
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    x0 = (high1 ^ x1 ^ k0) >>> 0;
    x1 = low1 >>> 0;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** FNV-1a over the UTF-16 code units: turns a stream's name into the third word of the counter. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The shard of a batch that numbers are drawn for now: the fourth word of the counter. */
let currentShard = 0;
/** What takes generators back to where they stood before the shards, if anything does. */
let currentDrawing: ShardDrawing | undefined;

/**
 * Runs a body in which all generators draw for this shard of a batch: at one position of one stream, each shard has numbers
 * of its own, so that what is drawn does not depend on which process computes the shard. Outside of it, the shard is 0.
 *
 * @param shard an integer from 0 to 2^32 - 1
 */
export function drawForShard<T>(shard: number, body: () => T): T {
  return drawFor(shard, undefined, body);
}

function drawFor<T>(shard: number, drawing: ShardDrawing | undefined, body: () => T): T {
  const outer = [currentShard, currentDrawing] as const;
  currentShard = shard;
  currentDrawing = drawing;
  try {
    return body();
  } finally {
    [currentShard, currentDrawing] = outer;
  }
}

/**
 * What is drawn for the shards of one batch, which this process computes one after the other: every generator, that of a
 * module, too, begins each shard where it stood before the first, and goes on behind the one that took most.
 */
export class ShardDrawing {
  readonly #starts = new Map<Generator, number>();
  readonly #ends = new Map<Generator, number>();
  /** Where each generator stood when a shard was left. */
  readonly #left = new Map<number, ReadonlyMap<Generator, number>>();

  /**
   * Draws for this shard, once or several times the same.
   *
   * @param goesOn whether it goes on where the shard was left
   */
  run<T>(shard: number, body: () => T, goesOn = false): T {
    const left = goesOn ? this.#left.get(shard) : undefined;
    for (const [generator, start] of this.#starts) generator.moveTo(left?.get(generator) ?? start);
    try {
      return drawFor(shard, this, body);
    } finally {
      const positions = new Map(Array.from(this.#starts.keys(), (each) => [each, each.state().position]));
      this.#left.set(shard, positions);
      for (const [generator, position] of positions) {
        this.#ends.set(generator, Math.max(this.#ends.get(generator) ?? 0, position));
      }
    }
  }

  /** @internal A generator is about to draw. */
  drawing(generator: Generator): void {
    if (this.#starts.has(generator)) return;
    const { position } = generator.state();
    this.#starts.set(generator, position);
    generator.moveTo(position);
  }

  /** How far each generator went, in the order in which they were first used. */
  get ends(): readonly number[] {
    return [...this.#ends.values()];
  }

  /** Has the generators go on from there, each behind all shards of all processes. */
  finish(ends: readonly number[]): void {
    let i = 0;
    for (const generator of this.#ends.keys()) generator.moveTo(ends[i++]!);
  }
}

/**
 * A seeded stream of random numbers: Philox 4x32-10 keyed by the seed, with the stream's name and the shard in the upper
 * half of the counter. Streams of different names are independent; equal seed, name and position give equal bits everywhere.
 */
export class Generator {
  readonly stream: string;
  #seed: number;
  #streamWord: number;
  #position = 0;
  #spareNormal: number | null = null;
  #block = new Uint32Array(4);
  #blockIndex = -1;
  #blockShard = 0;

  /**
   * @param seed an integer from 0 to 2^53 - 1
   * @throws ArgumentError where the seed is no such integer
   */
  constructor(seed: number, stream = 'default') {
    checkSeed('Generator', seed);
    this.stream = stream;
    this.#seed = seed;
    this.#streamWord = hashName(stream);
    activeTracer()?.seeded(this);
  }

  /** What the stream is keyed by. */
  get seed(): number {
    return this.#seed;
  }

  /** The next 32 random bits as an unsigned integer. */
  bits(): number {
    currentDrawing?.drawing(this);
    activeTracer()?.drawing(this);
    noteDrawing(this);
    const index = Math.floor(this.#position / 4);
    if (index !== this.#blockIndex || currentShard !== this.#blockShard) {
      philox(
        this.#block,
        index,
        Math.floor(index / 2 ** 32),
        this.#streamWord,
        currentShard,
        this.#seed,
        Math.floor(this.#seed / 2 ** 32),
      );
      this.#blockIndex = index;
      this.#blockShard = currentShard;
    }
    return this.#block[this.#position++ % 4]!;
  }

  /** Uniform in [0, 1) with 32 random bits, so that a float32 sees every value it can. */
  uniform(): number {
    return this.bits() / 2 ** 32;
  }

  /** Standard normal, by the method of Box and Muller (1958). */
  normal(): number {
    currentDrawing?.drawing(this);
    if (this.#spareNormal !== null) {
      activeTracer()?.drawing(this);
      noteDrawing(this);
      const value = this.#spareNormal;
      this.#spareNormal = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * Uniform integer in [0, limit), without modulo bias (values of the incomplete last range are drawn again).
   *
   * @throws ArgumentError where limit is not an integer from 1 to 2^32
   */
  integer(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32) {
      throw new ArgumentError(`Generator.integer: the limit must be an integer from 1 to 2^32, not ${limit}`);
    }
    const usable = 2 ** 32 - (2 ** 32 % limit);
    for (;;) {
      const value = this.bits();
      if (value < usable) return value % limit;
    }
  }

  /** The integers 0 … length - 1 in random order (Fisher-Yates). */
  permutation(length: number): Int32Array {
    const order = Int32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  }

  /** Takes the next `count` words out of the stream, for a kernel that draws them itself from the position returned. */
  reserve(count: number): RandomStream {
    currentDrawing?.drawing(this);
    noteDrawing(this);
    const position = this.#position;
    this.#position += count;
    return { seed: this.seed, stream: this.stream, position, shard: currentShard };
  }

  /** @internal Goes to a position of the stream. */
  moveTo(position: number): void {
    this.resume({ seed: this.#seed, position, spareNormal: null });
  }

  /** What `restore` needs to continue here. */
  state(): GeneratorState {
    return { seed: this.seed, stream: this.stream, position: this.#position, spareNormal: this.#spareNormal };
  }

  /** A generator that continues where the state was taken. */
  static restore(state: GeneratorState): Generator {
    const generator = new Generator(state.seed, state.stream);
    generator.resume(state);
    return generator;
  }

  /**
   * Continues where the state was taken, with the seed of that time.
   *
   * @throws ArgumentError where the seed or the position is not an integer of 0 or more
   */
  resume({ seed, position, spareNormal }: Omit<GeneratorState, 'stream'>): void {
    checkSeed('Generator.resume', seed);
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new ArgumentError(`Generator.resume: the position must be an integer of 0 or more, not ${position}`);
    }
    noteDrawing(this);
    this.#seed = seed;
    this.#position = position;
    this.#spareNormal = spareNormal;
    this.#blockIndex = -1;
    activeTracer()?.seeded(this);
  }
}

function checkSeed(operation: string, seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(`${operation}: the seed must be an integer from 0 to 2^53 - 1, not ${seed}`);
  }
}

let seed = 0;
const streams = new Map<string, Generator>();

/** Where streams begin that are not in use yet. */
const program = {
  state: () => seed,
  resume: (state: number) => {
    noteDrawing(program);
    seed = state;
  },
};

/**
 * Starts all named streams of the program anew from this seed (0 where it is never called, so that programs repeat).
 * Generators that `randomStream` gave before go along.
 *
 * @throws ArgumentError where the seed is not an integer from 0 to 2^53 - 1
 */
export function setSeed(newSeed: number): void {
  checkSeed('setSeed', newSeed);
  program.resume(newSeed);
  for (const generator of streams.values()) generator.resume({ seed, position: 0, spareNormal: null });
}

/** The program's stream of this name, such as `initialization`, `shuffle`, `dropout` or `augmentation`. */
export function randomStream(name: string): Generator {
  let generator = streams.get(name);
  if (!generator) {
    // It would have begun there before as well.
    generator = withTracer(undefined, () => new Generator(seed, name));
    streams.set(name, generator);
  }
  return generator;
}

/** The state of every named stream in use, to be stored in a checkpoint. */
export function randomState(): { readonly seed: number; readonly streams: readonly GeneratorState[] } {
  return { seed, streams: [...streams.values()].map((generator) => generator.state()) };
}

/** Continues every named stream where `randomState` was taken; one that was not in use then starts anew. */
export function restoreRandomState(state: ReturnType<typeof randomState>): void {
  setSeed(state.seed);
  for (const each of state.streams) randomStream(each.stream).resume(each);
}
