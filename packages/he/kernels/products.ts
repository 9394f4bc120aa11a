// What is computed value by value. Every kernel takes a block, one limb of one polynomial where nothing else is said, and a table
// of moduli. Polynomials are given by an address and the bytes from one polynomial to the next; their limbs lie side by side.

import { canonical as canonicalDouble, multiply as multiplyDouble, multiplyBy as multiplyDoubleBy, reduce } from './double/arithmetic';
import { isDouble, limbBytes, Modulus, modulusAt, RESIDUE } from './modulus';
import { canonical as canonicalWord, multiply as multiplyWord, multiplyBy as multiplyWordBy, subtractOnce } from './word/arithmetic';

const VECTOR: usize = 16;
/** Two vectors side by side, which V8 can join to one of 256 bits. */
const PAIR: usize = 2 * VECTOR;

// @ts-ignore: decorator
@inline
function limbAt(polynomials: usize, stride: usize, limbs: u32, block: u32, modulus: Modulus): usize {
  return polynomials + (block / limbs) * stride + (block % limbs) * limbBytes(modulus);
}

/** to = a + b */
export function add(
  block: u32, scratch: usize, table: usize, limbs: u32,
  a: usize, aStride: usize, b: usize, bStride: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  let x = limbAt(a, aStride, limbs, block, modulus);
  let y = limbAt(b, bStride, limbs, block, modulus);
  let z = limbAt(to, toStride, limbs, block, modulus);
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    for (; x < end; x += PAIR, y += PAIR, z += PAIR) {
      const sum0 = f64x2.add(v128.load(x), v128.load(y));
      const sum1 = f64x2.add(v128.load(x, VECTOR), v128.load(y, VECTOR));
      v128.store(z, canonicalDouble(f64x2.sub(sum0, q), q));
      v128.store(z, canonicalDouble(f64x2.sub(sum1, q), q), VECTOR);
    }
  } else {
    const q = modulus.word;
    for (; x < end; x += RESIDUE, y += RESIDUE, z += RESIDUE) {
      store<u64>(z, subtractOnce(load<u64>(x) + load<u64>(y), q));
    }
  }
}

/** to = a − b */
export function subtract(
  block: u32, scratch: usize, table: usize, limbs: u32,
  a: usize, aStride: usize, b: usize, bStride: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  let x = limbAt(a, aStride, limbs, block, modulus);
  let y = limbAt(b, bStride, limbs, block, modulus);
  let z = limbAt(to, toStride, limbs, block, modulus);
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    for (; x < end; x += VECTOR, y += VECTOR, z += VECTOR) {
      v128.store(z, canonicalDouble(f64x2.sub(v128.load(x), v128.load(y)), q));
    }
  } else {
    const q = modulus.word;
    for (; x < end; x += RESIDUE, y += RESIDUE, z += RESIDUE) {
      store<u64>(z, subtractOnce(load<u64>(x) + q - load<u64>(y), q));
    }
  }
}

/** to = −a */
export function negate(
  block: u32, scratch: usize, table: usize, limbs: u32, a: usize, aStride: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  let x = limbAt(a, aStride, limbs, block, modulus);
  let z = limbAt(to, toStride, limbs, block, modulus);
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    const zero = f64x2.splat(0);
    for (; x < end; x += VECTOR, z += VECTOR) {
      const value = v128.load(x);
      v128.store(z, v128.and(f64x2.sub(q, value), f64x2.ne(value, zero)));
    }
  } else {
    const q = modulus.word;
    for (; x < end; x += RESIDUE, z += RESIDUE) store<u64>(z, subtractOnce(q - load<u64>(x), q));
  }
}

/** to = a·m, for one polynomial m. */
export function multiplyPlain(
  block: u32, scratch: usize, table: usize, limbs: u32,
  a: usize, aStride: usize, m: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  let x = limbAt(a, aStride, limbs, block, modulus);
  let y = limbAt(m, 0, limbs, block, modulus);
  let z = limbAt(to, toStride, limbs, block, modulus);
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    const reciprocal = modulus.splatReciprocal();
    const round = modulus.splatRound();
    for (; x < end; x += PAIR, y += PAIR, z += PAIR) {
      const z0 = multiplyDouble(v128.load(x), v128.load(y), q, reciprocal, round);
      const z1 = multiplyDouble(v128.load(x, VECTOR), v128.load(y, VECTOR), q, reciprocal, round);
      v128.store(z, canonicalDouble(z0, q));
      v128.store(z, canonicalDouble(z1, q), VECTOR);
    }
  } else {
    for (; x < end; x += RESIDUE, y += RESIDUE, z += RESIDUE) {
      store<u64>(z, multiplyWord(load<u64>(x), load<u64>(y), modulus));
    }
  }
}

/** How many products f64 can add up: each is below q, and 2^53 is at least 8·q. */
const MAX_SUMMANDS: u32 = 6;
/** Bytes of a part of a limb that stays in the nearest cache. */
const PART: usize = 4096;

/**
 * to = Σ a_i·m_i, for a list of `count` addresses of ciphertexts, then as many strides of theirs, then as many addresses of
 * plaintexts.
 */
export function sumOfProducts(
  block: u32, scratch: usize, table: usize, limbs: u32,
  list: usize, count: u32, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  const plainOffset = limbAt(0, 0, limbs, block, modulus);
  const target = limbAt(to, toStride, limbs, block, modulus);
  const bytes = limbBytes(modulus);
  for (let part: usize = 0; part < bytes; part += PART) {
    const size = min(PART, bytes - part);
    memory.fill(target + part, 0, size);
    for (let i: u32 = 0; i < count; i++) {
      const stride = load<u32>(list + 4 * (count + i));
      const x = limbAt(load<u32>(list + 4 * i), stride, limbs, block, modulus) + part;
      const y = <usize>load<u32>(list + 4 * (2 * count + i)) + plainOffset + part;
      const isLast = i === count - 1;
      if (isDouble(modulus)) addProductsDouble(modulus, x, y, target + part, size, isLast || i % MAX_SUMMANDS === MAX_SUMMANDS - 1);
      else addProductsWord(modulus, x, y, target + part, size);
    }
  }
}

function addProductsDouble(modulus: Modulus, x: usize, y: usize, z: usize, size: usize, isReduced: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const end = x + size;
  if (isReduced) {
    for (; x < end; x += PAIR, y += PAIR, z += PAIR) {
      const z0 = multiplyDouble(v128.load(x), v128.load(y), q, reciprocal, round);
      const z1 = multiplyDouble(v128.load(x, VECTOR), v128.load(y, VECTOR), q, reciprocal, round);
      const sum0 = f64x2.add(v128.load(z), z0);
      const sum1 = f64x2.add(v128.load(z, VECTOR), z1);
      v128.store(z, canonicalDouble(reduce(sum0, q, reciprocal, round), q));
      v128.store(z, canonicalDouble(reduce(sum1, q, reciprocal, round), q), VECTOR);
    }
  } else {
    for (; x < end; x += PAIR, y += PAIR, z += PAIR) {
      const z0 = multiplyDouble(v128.load(x), v128.load(y), q, reciprocal, round);
      const z1 = multiplyDouble(v128.load(x, VECTOR), v128.load(y, VECTOR), q, reciprocal, round);
      const sum0 = f64x2.add(v128.load(z), z0);
      const sum1 = f64x2.add(v128.load(z, VECTOR), z1);
      v128.store(z, sum0);
      v128.store(z, sum1, VECTOR);
    }
  }
}

function addProductsWord(modulus: Modulus, x: usize, y: usize, z: usize, size: usize): void {
  for (const end = x + size; x < end; x += RESIDUE, y += RESIDUE, z += RESIDUE) {
    store<u64>(z, subtractOnce(load<u64>(z) + multiplyWord(load<u64>(x), load<u64>(y), modulus), modulus.word));
  }
}

/** The three polynomials of a·b for ciphertexts of two; a block is a limb. */
export function multiply(
  block: u32, scratch: usize, table: usize, a: usize, aStride: usize, b: usize, bStride: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block);
  const offset = block * limbBytes(modulus);
  let x = a + offset;
  let y = b + offset;
  let z = to + offset;
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    const reciprocal = modulus.splatReciprocal();
    const round = modulus.splatRound();
    for (; x < end; x += VECTOR, y += VECTOR, z += VECTOR) {
      const x0 = v128.load(x);
      const x1 = v128.load(x + aStride);
      const y0 = v128.load(y);
      const y1 = v128.load(y + bStride);
      const z0 = multiplyDouble(x0, y0, q, reciprocal, round);
      const cross = f64x2.add(
        multiplyDouble(x0, y1, q, reciprocal, round),
        multiplyDouble(x1, y0, q, reciprocal, round),
      );
      const z2 = multiplyDouble(x1, y1, q, reciprocal, round);
      v128.store(z, canonicalDouble(z0, q));
      v128.store(z + toStride, canonicalDouble(reduce(cross, q, reciprocal, round), q));
      v128.store(z + 2 * toStride, canonicalDouble(z2, q));
    }
  } else {
    for (; x < end; x += RESIDUE, y += RESIDUE, z += RESIDUE) {
      const x0 = load<u64>(x);
      const x1 = load<u64>(x + aStride);
      const y0 = load<u64>(y);
      const y1 = load<u64>(y + bStride);
      store<u64>(z, multiplyWord(x0, y0, modulus));
      const cross = multiplyWord(x0, y1, modulus) + multiplyWord(x1, y0, modulus);
      store<u64>(z + toStride, subtractOnce(cross, modulus.word));
      store<u64>(z + 2 * toStride, multiplyWord(x1, y1, modulus));
    }
  }
}

/** to = a·s for a number s, given for each prime by its residue and its quotient, 16 bytes. */
export function multiplyScalar(
  block: u32, scratch: usize, table: usize, limbs: u32,
  a: usize, aStride: usize, scalar: usize, to: usize, toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  let x = limbAt(a, aStride, limbs, block, modulus);
  let z = limbAt(to, toStride, limbs, block, modulus);
  const factor = scalar + (block % limbs) * VECTOR;
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    const round = modulus.splatRound();
    const w = v128.load64_splat(factor);
    const quotient = v128.load64_splat(factor, RESIDUE);
    for (; x < end; x += VECTOR, z += VECTOR) {
      v128.store(z, canonicalDouble(multiplyDoubleBy(v128.load(x), w, quotient, q, round), q));
    }
  } else {
    const q = modulus.word;
    const w = load<u64>(factor);
    const quotient = load<u64>(factor, RESIDUE);
    for (; x < end; x += RESIDUE, z += RESIDUE) {
      store<u64>(z, canonicalWord(multiplyWordBy(load<u64>(x), w, quotient, q), q));
    }
  }
}

/** to = a + s for a number s, given for each prime as above, in the first polynomial; a block is a limb of it. */
export function addScalar(
  block: u32, scratch: usize, table: usize, a: usize, scalar: usize, to: usize,
): void {
  const modulus = modulusAt(table, block);
  let x = a + block * limbBytes(modulus);
  let z = to + block * limbBytes(modulus);
  const summand = scalar + block * VECTOR;
  const end = x + limbBytes(modulus);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    // Centered: the sum is between −q/2 and 3/2·q.
    const s = v128.load64_splat(summand);
    for (; x < end; x += VECTOR, z += VECTOR) {
      v128.store(z, canonicalDouble(f64x2.sub(canonicalDouble(f64x2.add(v128.load(x), s), q), q), q));
    }
  } else {
    const q = modulus.word;
    const s = load<u64>(summand);
    for (; x < end; x += RESIDUE, z += RESIDUE) store<u64>(z, subtractOnce(load<u64>(x) + s, q));
  }
}
