// A kernel is cut into blocks by the shapes alone, so that its results do not depend on how many threads share them.
// It is exported as up to four functions:
//
//   name(fields, block, scratch)   computes one block; blocks may run in any order and at the same time
//   nameBlocks(fields)             the number of blocks
//   nameScratch(fields)            bytes that a running block needs for itself; 0 where there is no such function
//   nameShared(fields)             bytes that all blocks share and the caller provides, as f64, where these do not follow from
//                                  the number of blocks and the shapes: packed weights, partial results
//
// What a call is told is an @unmanaged class of f64 that all of them take first: addresses and distances in bytes, sizes,
// counts, flags, numbers. Operations that a field chooses from are an enum. The build writes both in TypeScript, for whoever
// calls the kernel (scripts/kernel-tasks.js). Nothing is kept in the module: no globals but what it imports (see `wide` in
// simd.ts), no static data but numbers that stay as they are (see `splatAt` there), so that any number of threads can run it on
// one memory.

/** a/b rounded up, for a ≥ 0 and b > 0. */
// @ts-ignore: decorator
@inline
export function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** Rounds up to whole cache lines. */
// @ts-ignore: decorator
@inline
export function align(bytes: usize): usize {
  return (bytes + 63) & ~63;
}

/** The size of the parts when `total` is cut into as few as possible of at most `limit`, equal but for rounding up to `unit`. */
export function partSize(total: i32, limit: i32, unit: i32): i32 {
  if (total <= 0) return unit;
  return ceilDiv(ceilDiv(total, ceilDiv(total, limit)), unit) * unit;
}
