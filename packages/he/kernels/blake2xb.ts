// SEAL's generator of public random polynomials: BLAKE2Xb (J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn and C. Winnerlein, BLAKE2X,
// 2016) of a counter, with the seed as its key, in pieces of 4096 bytes; over the compression of BLAKE2b (RFC 7693).

import { limbBytes, modulusAt, RESIDUE } from './modulus';
import { remainder } from './word/arithmetic';

/** Bytes of a hash. */
const HASH: usize = 64;
/** Bytes of a block of the message. */
const BLOCK: usize = 128;
/** Bytes that one counter gives. */
const PIECE: usize = 4096;

// The fields of the parameters of BLAKE2b. A hash of the seed: 64 bytes, a key of 64 bytes, fanout and depth 1.
const ROOT: u64 = 0x01014040;
// Those that follow from it: 64 bytes, leaves and inner hashes of 64 bytes.
const LEAF: u64 = 0x4000000040;
const INNER: u64 = 0x4000;
const PIECE_LENGTH: u64 = (<u64>PIECE) << 32;

/** Scratch: the piece that is used up, a block of the message, two hashes word by word, their working vectors. */
const MESSAGE: usize = PIECE;
const STATE: usize = MESSAGE + BLOCK;
const WORK: usize = STATE + 2 * HASH;

// @ts-ignore: decorator
@inline
function initial(index: i32): u64 {
  switch (index) {
    case 0: return 0x6a09e667f3bcc908;
    case 1: return 0xbb67ae8584caa73b;
    case 2: return 0x3c6ef372fe94f82b;
    case 3: return 0xa54ff53a5f1d36f1;
    case 4: return 0x510e527fade682d1;
    case 5: return 0x9b05688c2b3e6c1f;
    case 6: return 0x1f83d9abfb41bd6b;
    default: return 0x5be0cd19137e2179;
  }
}

/** The order of the words of the message in a round, the first one in the lowest four bits. */
function order(round: i32): u64 {
  switch (round) {
    case 1: case 11: return 0x357b20c16df984ae;
    case 2: return 0x491763eadf250c8b;
    case 3: return 0x8f04a562ebcd1397;
    case 4: return 0xd386cb1efa427509;
    case 5: return 0x91ef57d438b0a6c2;
    case 6: return 0xb8293670a4def15c;
    case 7: return 0xa2684f05931ce7bd;
    case 8: return 0x5a417d2c803b9ef6;
    case 9: return 0x0dc3e9bf5167482a;
    default: return 0xfedcba9876543210;
  }
}

/** Each of two numbers rotated by a whole number of bytes. */
// @ts-ignore: decorator
@inline
function rotate32(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 1, 0, 3, 2);
}

// @ts-ignore: decorator
@inline
function rotate24(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
}

// @ts-ignore: decorator
@inline
function rotate16(x: v128): v128 {
  return v128.shuffle<i16>(x, x, 1, 2, 3, 0, 5, 6, 7, 4);
}

// @ts-ignore: decorator
@inline
function rotate63(x: v128): v128 {
  return v128.or(i64x2.shr_u(x, 63), i64x2.add(x, x));
}

// @ts-ignore: decorator
@inline
function mix(work: usize, a: usize, b: usize, c: usize, d: usize, x: v128, y: v128): void {
  let va = v128.load(work + 16 * a);
  let vb = v128.load(work + 16 * b);
  let vc = v128.load(work + 16 * c);
  let vd = v128.load(work + 16 * d);
  va = i64x2.add(i64x2.add(va, vb), x);
  vd = rotate32(v128.xor(vd, va));
  vc = i64x2.add(vc, vd);
  vb = rotate24(v128.xor(vb, vc));
  va = i64x2.add(i64x2.add(va, vb), y);
  vd = rotate16(v128.xor(vd, va));
  vc = i64x2.add(vc, vd);
  vb = rotate63(v128.xor(vb, vc));
  v128.store(work + 16 * a, va);
  v128.store(work + 16 * b, vb);
  v128.store(work + 16 * c, vc);
  v128.store(work + 16 * d, vd);
}

// @ts-ignore: decorator
@inline
function word(message: usize, words: u64, index: u64): v128 {
  return v128.load64_splat(message + <usize>((words >> (4 * index)) & 15) * 8);
}

/** Compresses one message into two hashes. */
function compress(scratch: usize, length: u64, isLast: bool): void {
  const message = scratch + MESSAGE;
  const state = scratch + STATE;
  const work = scratch + WORK;
  memory.copy(work, state, 2 * HASH);
  for (let i = 0; i < 8; i++) v128.store(work + 2 * HASH + 16 * i, i64x2.splat(initial(i)));
  v128.store(work + 192, v128.xor(v128.load(work + 192), i64x2.splat(length)));
  if (isLast) v128.store(work + 224, v128.not(v128.load(work + 224)));
  for (let round = 0; round < 12; round++) {
    const words = order(round);
    mix(work, 0, 4, 8, 12, word(message, words, 0), word(message, words, 1));
    mix(work, 1, 5, 9, 13, word(message, words, 2), word(message, words, 3));
    mix(work, 2, 6, 10, 14, word(message, words, 4), word(message, words, 5));
    mix(work, 3, 7, 11, 15, word(message, words, 6), word(message, words, 7));
    mix(work, 0, 5, 10, 15, word(message, words, 8), word(message, words, 9));
    mix(work, 1, 6, 11, 12, word(message, words, 10), word(message, words, 11));
    mix(work, 2, 7, 8, 13, word(message, words, 12), word(message, words, 13));
    mix(work, 3, 4, 9, 14, word(message, words, 14), word(message, words, 15));
  }
  for (let i: usize = 0; i < 2 * HASH; i += 16) {
    const mixed = v128.xor(v128.load(work + i), v128.load(work + 2 * HASH + i));
    v128.store(state + i, v128.xor(v128.load(state + i), mixed));
  }
}

/** Begins two hashes whose parameters differ in the second word alone. */
function begin(scratch: usize, first: u64, second: v128, third: u64): void {
  const state = scratch + STATE;
  for (let i = 0; i < 8; i++) v128.store(state + 16 * i, i64x2.splat(initial(i)));
  v128.store(state, v128.xor(v128.load(state), i64x2.splat(first)));
  v128.store(state + 16, v128.xor(v128.load(state + 16), second));
  v128.store(state + 32, v128.xor(v128.load(state + 32), i64x2.splat(third)));
}

/** Writes one of the two hashes. */
// @ts-ignore: decorator
@inline
function write(scratch: usize, lane: usize, to: usize): void {
  const state = scratch + STATE + lane * 8;
  for (let i: usize = 0; i < 8; i++) store<u64>(to + 8 * i, load<u64>(state + 16 * i));
}

/** Writes the piece of a counter: a hash of seed and counter, and of that, in pairs, the hashes of all leaves. */
function generate(seed: usize, counter: u64, scratch: usize, to: usize): void {
  const message = scratch + MESSAGE;
  begin(scratch, ROOT, i64x2.splat(PIECE_LENGTH), 0);
  memory.fill(message, 0, BLOCK);
  memory.copy(message, seed, HASH);
  compress(scratch, BLOCK, false);
  memory.fill(message, 0, BLOCK);
  store<u64>(message, counter);
  compress(scratch, BLOCK + 8, true);
  memory.fill(message, 0, BLOCK);
  write(scratch, 0, message);
  let leaves = i64x2.replace_lane(i64x2.splat(PIECE_LENGTH), 1, PIECE_LENGTH | 1);
  for (const end = to + PIECE; to < end; to += 2 * HASH) {
    begin(scratch, LEAF, leaves, INNER);
    compress(scratch, HASH, true);
    write(scratch, 0, to);
    write(scratch, 1, to + HASH);
    leaves = i64x2.add(leaves, i64x2.splat(2));
  }
}

/** In place of a number that is too large to be uniform: no residue. */
const REJECTED: u64 = u64.MAX_VALUE;

/**
 * Uniform residues as words of each of the seeds that lie side by side, for the primes of a level: a block is a seed and a limb of its
 * polynomial. What is too large to be uniform is marked, and how often that happens written to `counts`.
 */
export function expandSeed(
  block: u32, scratch: usize, table: usize, limbs: u32, seeds: usize, to: usize, stride: usize, counts: usize,
): void {
  const limb = block % limbs;
  const modulus = modulusAt(table, limb);
  const bytes = limbBytes(modulus);
  const seed = seeds + (block / limbs) * HASH;
  const start = to + (block / limbs) * stride + limb * bytes;
  const end = start + bytes;
  let counter: u64 = limb * (bytes / PIECE);
  for (let at = start; at < end; at += PIECE) generate(seed, counter++, scratch, at);
  const bound = u64.MAX_VALUE - remainder(u64.MAX_VALUE, modulus) - 1;
  let rejected: u32 = 0;
  for (let at = start; at < end; at += RESIDUE) {
    const drawn = load<u64>(at);
    if (drawn < bound) {
      store<u64>(at, remainder(drawn, modulus));
    } else {
      store<u64>(at, REJECTED);
      rejected++;
    }
  }
  store<u32>(counts + 4 * block, rejected);
}

/** Draws anew what was marked, from what the generator gives behind all others; a block is a seed. */
export function redraw(
  block: u32, scratch: usize, table: usize, limbs: u32, seeds: usize, to: usize, stride: usize, counts: usize,
): void {
  const seed = seeds + block * HASH;
  const bytes = limbBytes(modulusAt(table, 0));
  let counter: u64 = limbs * (bytes / PIECE);
  let used = PIECE;
  for (let limb: u32 = 0; limb < limbs; limb++) {
    const modulus = modulusAt(table, limb);
    const bound = u64.MAX_VALUE - remainder(u64.MAX_VALUE, modulus) - 1;
    let left = load<u32>(counts + 4 * (block * limbs + limb));
    for (let at = to + block * stride + limb * bytes; left > 0; at += RESIDUE) {
      if (load<u64>(at) !== REJECTED) continue;
      let drawn = REJECTED;
      while (drawn >= bound) {
        if (used === PIECE) {
          generate(seed, counter++, scratch, scratch);
          used = 0;
        }
        drawn = load<u64>(scratch + used);
        used += RESIDUE;
      }
      store<u64>(at, remainder(drawn, modulus));
      left--;
    }
  }
}
