// SEAL's generator of public random polynomials: BLAKE2Xb (J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn and C. Winnerlein, BLAKE2X,
// 2016) of a counter, with the seed as its key, in pieces of 4096 bytes; over the compression of BLAKE2b (RFC 7693).

import { Modulus, modulusAt, RESIDUE } from './modulus';
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

/** Scratch: the piece that is used up, a block of the message, the hash, the working vector. */
const MESSAGE: usize = PIECE;
const STATE: usize = MESSAGE + BLOCK;
const WORK: usize = STATE + HASH;

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

// @ts-ignore: decorator
@inline
function mix(work: usize, a: usize, b: usize, c: usize, d: usize, x: u64, y: u64): void {
  let va = load<u64>(work + 8 * a);
  let vb = load<u64>(work + 8 * b);
  let vc = load<u64>(work + 8 * c);
  let vd = load<u64>(work + 8 * d);
  va += vb + x;
  vd = rotr<u64>(vd ^ va, 32);
  vc += vd;
  vb = rotr<u64>(vb ^ vc, 24);
  va += vb + y;
  vd = rotr<u64>(vd ^ va, 16);
  vc += vd;
  vb = rotr<u64>(vb ^ vc, 63);
  store<u64>(work + 8 * a, va);
  store<u64>(work + 8 * b, vb);
  store<u64>(work + 8 * c, vc);
  store<u64>(work + 8 * d, vd);
}

// @ts-ignore: decorator
@inline
function word(message: usize, words: u64, index: u64): u64 {
  return load<u64>(message + <usize>((words >> (4 * index)) & 15) * 8);
}

function compress(scratch: usize, length: u64, isLast: bool): void {
  const message = scratch + MESSAGE;
  const state = scratch + STATE;
  const work = scratch + WORK;
  memory.copy(work, state, HASH);
  for (let i = 0; i < 8; i++) store<u64>(work + HASH + 8 * i, initial(i));
  store<u64>(work + 96, load<u64>(work + 96) ^ length);
  if (isLast) store<u64>(work + 112, ~load<u64>(work + 112));
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
  for (let i: usize = 0; i < HASH; i += 8) {
    store<u64>(state + i, load<u64>(state + i) ^ load<u64>(work + i) ^ load<u64>(work + HASH + i));
  }
}

function begin(scratch: usize, first: u64, second: u64, third: u64): void {
  const state = scratch + STATE;
  for (let i = 0; i < 8; i++) store<u64>(state + 8 * i, initial(i));
  store<u64>(state, load<u64>(state) ^ first);
  store<u64>(state + 8, load<u64>(state + 8) ^ second);
  store<u64>(state + 16, load<u64>(state + 16) ^ third);
}

/** Writes the piece of a counter. */
function generate(seed: usize, counter: u64, scratch: usize, to: usize): void {
  const message = scratch + MESSAGE;
  begin(scratch, ROOT, PIECE_LENGTH, 0);
  memory.fill(message, 0, BLOCK);
  memory.copy(message, seed, HASH);
  compress(scratch, BLOCK, false);
  memory.fill(message, 0, BLOCK);
  store<u64>(message, counter);
  compress(scratch, BLOCK + 8, true);
  memory.fill(message, 0, BLOCK);
  memory.copy(message, scratch + STATE, HASH);
  for (let leaf: usize = 0; leaf < PIECE / HASH; leaf++) {
    begin(scratch, LEAF, <u64>leaf | PIECE_LENGTH, INNER);
    compress(scratch, HASH, true);
    memory.copy(to + leaf * HASH, scratch + STATE, HASH);
  }
}

/**
 * Uniform residues as words, for the primes of a level, of each of the seeds that lie side by side; each is a block. What is too
 * large to be uniform is drawn again, behind all others.
 */
export function expandSeed(block: u32, scratch: usize, table: usize, limbs: u32, seeds: usize, to: usize, stride: usize): void {
  const seed = seeds + block * HASH;
  const target = to + block * stride;
  const bytes = limbs * <usize>modulusAt(table, 0).degree * RESIDUE;
  let counter: u64 = 0;
  for (let at: usize = 0; at < bytes; at += PIECE) generate(seed, counter++, scratch, target + at);
  let used = PIECE;
  for (let limb: u32 = 0; limb < limbs; limb++) {
    const modulus = modulusAt(table, limb);
    const limbSize = bytes / limbs;
    const start = target + limb * limbSize;
    const bound = u64.MAX_VALUE - remainder(u64.MAX_VALUE, modulus) - 1;
    for (let at = start; at < start + limbSize; at += RESIDUE) {
      let drawn = load<u64>(at);
      while (drawn >= bound) {
        if (used === PIECE) {
          generate(seed, counter++, scratch, scratch);
          used = 0;
        }
        drawn = load<u64>(scratch + used);
        used += RESIDUE;
      }
      store<u64>(at, remainder(drawn, modulus));
    }
  }
}
