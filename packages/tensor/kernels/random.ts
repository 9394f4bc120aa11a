// Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011), four counters at a time: lane l
// of four vectors has the words of counter l. Word i of the stream goes to element i.
import { splatAt, storeTransposed } from './simd';
import { ceilDiv } from './task';

const MULTIPLIERS: usize = memory.data<u32>([0xd2511f53, 0xcd9e8d57]);
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;
const ROUNDS: i32 = 10;
/** 2^−24. */
const RESOLUTION: usize = memory.data<f32>([5.9604644775390625e-8]);

const COUNTERS: u64 = 4;
const WORDS: i32 = 16;
const BLOCK: i32 = 16384;

@unmanaged
export class Uniform {
  out: f64;
  /** The number of elements. */
  size: f64;
  /** Where the stream stands. */
  position: f64;
  /** The word of the stream's name. */
  name: f64;
  seed: f64;
  /** The shard of a batch that numbers are drawn for. */
  shard: f64;
}

@unmanaged
export class Bernoulli extends Uniform {
  /** The last word that counts as a success. */
  last: f64;
  /** The number that a success gives. */
  scale: f64;
}

/** The words of the counters from `counter` on, in the order of the stream, at `out`. */
function draw(counter: u64, name: u32, shard: u32, seed: u64, out: usize): void {
  const c1 = counter + 1;
  const c2 = counter + 2;
  const c3 = counter + 3;
  let x0 = i32x4.splat(<i32>counter);
  x0 = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(x0, 1, <i32>c1), 2, <i32>c2), 3, <i32>c3);
  let x1 = i32x4.splat(<i32>(counter >> 32));
  x1 = i32x4.replace_lane(x1, 1, <i32>(c1 >> 32));
  x1 = i32x4.replace_lane(x1, 2, <i32>(c2 >> 32));
  x1 = i32x4.replace_lane(x1, 3, <i32>(c3 >> 32));
  let x2 = i32x4.splat(name);
  let x3 = i32x4.splat(shard);
  let key0 = <u32>seed;
  let key1 = <u32>(seed >> 32);
  const m0 = splatAt(MULTIPLIERS);
  const m1 = splatAt(MULTIPLIERS + 4);
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(x0, m0);
    const high0 = i64x2.extmul_high_i32x4_u(x0, m0);
    const low1 = i64x2.extmul_low_i32x4_u(x2, m1);
    const high1 = i64x2.extmul_high_i32x4_u(x2, m1);
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), x1), i32x4.splat(key0));
    x1 = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6);
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), x3), i32x4.splat(key1));
    x3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  storeTransposed(out, 16, x0, x1, x2, x3);
}

const UNIFORM: i32 = 0;
const BERNOULLI: i32 = 1;

// @ts-ignore: decorator
@inline
function numberOf(kind: i32, words: v128, last: v128, scale: v128): v128 {
  // A float32 has 24 bits: more would round up to 1.
  if (kind == UNIFORM) return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words, 8)), splatAt(RESOLUTION));
  return v128.and(scale, i32x4.le_u(words, last));
}

// @ts-ignore: decorator
@inline
function fill(kind: i32, fields: Bernoulli, block: i32, scratch: usize): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  const out = <usize>fields.out + (<usize>start << 2);
  const position = <u64>fields.position + start;
  const name = <u32><u64>fields.name;
  const shard = <u32><u64>fields.shard;
  const seed = <u64>fields.seed;
  const last = i32x4.splat(kind == BERNOULLI ? <u32><u64>fields.last : 0);
  const scale = f32x4.splat(kind == BERNOULLI ? <f32>fields.scale : 0);
  // Where the stream stands within a counter, the first words were drawn before.
  let offset = -(<i32>(position & 3));
  for (let counter = position >> 2; offset < count; counter += COUNTERS, offset += WORDS) {
    draw(counter, name, shard, seed, scratch);
    for (let at: usize = 0; at < 64; at += 16) {
      v128.store(scratch + at, numberOf(kind, v128.load(scratch + at), last, scale));
    }
    if (offset >= 0 && offset + WORDS <= count) {
      const to = out + (<usize>offset << 2);
      for (let at: usize = 0; at < 64; at += 16) v128.store(to + at, v128.load(scratch + at));
    } else {
      for (let i = max(0, -offset); i < min(WORDS, count - offset); i++) {
        f32.store(out + (<usize>(offset + i) << 2), f32.load(scratch + (<usize>i << 2)));
      }
    }
  }
}

/** Blocks of neighboring elements. */
export function uniformBlocks(fields: Uniform): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** Room for the words of four counters. */
export function uniformScratch(fields: Uniform): usize {
  return 64;
}

/** Numbers from [0, 1) with equal chances for each multiple of 2⁻²⁴. */
export function uniform(fields: Uniform, block: i32, scratch: usize): void {
  fill(UNIFORM, changetype<Bernoulli>(fields), block, scratch);
}

/** Blocks of neighboring elements. */
export function bernoulliBlocks(fields: Bernoulli): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** Room for the words of four counters. */
export function bernoulliScratch(fields: Bernoulli): usize {
  return 64;
}

/** A number where the word of the stream counts as a success, 0 elsewhere. */
export function bernoulli(fields: Bernoulli, block: i32, scratch: usize): void {
  fill(BERNOULLI, fields, block, scratch);
}
