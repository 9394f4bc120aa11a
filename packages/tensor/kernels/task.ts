// A kernel is cut into blocks by the shapes alone, so that its results do not depend on how many threads share them.
// It is exported as up to four functions:
//
//   name(task, block, scratch)   computes one block; blocks may run in any order and at the same time
//   nameBlocks(task)             the number of blocks
//   nameScratch(task)            bytes that a running block needs for itself; 0 where there is no such function
//   nameShared(task)             bytes that all blocks share and the caller provides, as f64, where these do not follow from the
//                                number of blocks and the shapes: packed weights, partial results
//
// `task` points to the fields of the call, numbers of eight bytes each: read them with the functions below, or give them
// names by an @unmanaged class of f64. Nothing is kept in the module: no globals, no static data, so that any number of
// threads can run it on one memory.

/** Field of a task: a size, a count, a flag. */
// @ts-ignore: decorator
@inline
export function integer(task: usize, index: i32): i32 {
  return <i32>load<f64>(task + (<usize>index << 3));
}

/** Field of a task: an address, or a distance in bytes. */
// @ts-ignore: decorator
@inline
export function address(task: usize, index: i32): usize {
  return <usize>load<f64>(task + (<usize>index << 3));
}

/** Field of a task: a number. */
// @ts-ignore: decorator
@inline
export function float(task: usize, index: i32): f32 {
  return <f32>load<f64>(task + (<usize>index << 3));
}

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
