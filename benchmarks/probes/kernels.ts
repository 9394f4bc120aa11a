// AssemblyScript: what the machine can do at best, in the instructions that the library's kernels have.

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: known when compiled
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Products and sums in twelve chains that do not wait for each other: 12 · 4 · 2 operations for each round. Every chain goes
 * to term/(1 − factor), which is stored at `out`. Both come from outside, since V8 in Node 24 makes constants anew in every
 * round.
 */
export function arithmetic(rounds: i32, factorOfAll: f32, termOfAll: f32, out: usize): void {
  const factor = f32x4.splat(factorOfAll);
  const term = f32x4.splat(termOfAll);
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(1);
  let a2 = f32x4.splat(2);
  let a3 = f32x4.splat(3);
  let a4 = f32x4.splat(4);
  let a5 = f32x4.splat(5);
  let a6 = f32x4.splat(6);
  let a7 = f32x4.splat(7);
  let a8 = f32x4.splat(8);
  let a9 = f32x4.splat(9);
  let a10 = f32x4.splat(10);
  let a11 = f32x4.splat(11);
  for (let i = 0; i < rounds; i++) {
    a0 = madd(a0, factor, term);
    a1 = madd(a1, factor, term);
    a2 = madd(a2, factor, term);
    a3 = madd(a3, factor, term);
    a4 = madd(a4, factor, term);
    a5 = madd(a5, factor, term);
    a6 = madd(a6, factor, term);
    a7 = madd(a7, factor, term);
    a8 = madd(a8, factor, term);
    a9 = madd(a9, factor, term);
    a10 = madd(a10, factor, term);
    a11 = madd(a11, factor, term);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
  v128.store(out, a8, 128);
  v128.store(out, a9, 144);
  v128.store(out, a10, 160);
  v128.store(out, a11, 176);
}

/** The same in twenty chains, which are ten where V8 takes two vectors for one of 256 bits. */
export function wideArithmetic(rounds: i32, factorOfAll: f32, termOfAll: f32, out: usize): void {
  const factor = f32x4.splat(factorOfAll);
  const term = f32x4.splat(termOfAll);
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(1);
  let a2 = f32x4.splat(2);
  let a3 = f32x4.splat(3);
  let a4 = f32x4.splat(4);
  let a5 = f32x4.splat(5);
  let a6 = f32x4.splat(6);
  let a7 = f32x4.splat(7);
  let a8 = f32x4.splat(8);
  let a9 = f32x4.splat(9);
  let a10 = f32x4.splat(10);
  let a11 = f32x4.splat(11);
  let a12 = f32x4.splat(12);
  let a13 = f32x4.splat(13);
  let a14 = f32x4.splat(14);
  let a15 = f32x4.splat(15);
  let a16 = f32x4.splat(16);
  let a17 = f32x4.splat(17);
  let a18 = f32x4.splat(18);
  let a19 = f32x4.splat(19);
  for (let i = 0; i < rounds; i++) {
    a0 = madd(a0, factor, term);
    a1 = madd(a1, factor, term);
    a2 = madd(a2, factor, term);
    a3 = madd(a3, factor, term);
    a4 = madd(a4, factor, term);
    a5 = madd(a5, factor, term);
    a6 = madd(a6, factor, term);
    a7 = madd(a7, factor, term);
    a8 = madd(a8, factor, term);
    a9 = madd(a9, factor, term);
    a10 = madd(a10, factor, term);
    a11 = madd(a11, factor, term);
    a12 = madd(a12, factor, term);
    a13 = madd(a13, factor, term);
    a14 = madd(a14, factor, term);
    a15 = madd(a15, factor, term);
    a16 = madd(a16, factor, term);
    a17 = madd(a17, factor, term);
    a18 = madd(a18, factor, term);
    a19 = madd(a19, factor, term);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
  v128.store(out, a8, 128);
  v128.store(out, a9, 144);
  v128.store(out, a10, 160);
  v128.store(out, a11, 176);
  v128.store(out, a12, 192);
  v128.store(out, a13, 208);
  v128.store(out, a14, 224);
  v128.store(out, a15, 240);
  v128.store(out, a16, 256);
  v128.store(out, a17, 272);
  v128.store(out, a18, 288);
  v128.store(out, a19, 304);
}

/** Reads so many bytes (a multiple of 64) and writes as many, multiplied. */
export function stream(from: usize, to: usize, bytes: usize, factorOfAll: f32): void {
  const factor = f32x4.splat(factorOfAll);
  for (let i: usize = 0; i < bytes; i += 64) {
    v128.store(to + i, f32x4.mul(v128.load(from + i), factor));
    v128.store(to + i, f32x4.mul(v128.load(from + i, 16), factor), 16);
    v128.store(to + i, f32x4.mul(v128.load(from + i, 32), factor), 32);
    v128.store(to + i, f32x4.mul(v128.load(from + i, 48), factor), 48);
  }
}
