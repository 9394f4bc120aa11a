// Neighbors to neighbors, of 32 bits.

/** Copies elements side by side. The last vector may overlap the one before, which stores the same. */
// @ts-ignore: decorator
@inline
export function copyRun(from: usize, to: usize, count: i32): void {
  if (count < 4) {
    for (let i = 0; i < count; i++) store<u32>(to + (<usize>i << 2), load<u32>(from + (<usize>i << 2)));
    return;
  }
  const last = <usize>(count - 4) << 2;
  let offset: usize = 0;
  for (; offset + 16 <= last; offset += 32) {
    const a = v128.load(from + offset);
    const b = v128.load(from + offset, 16);
    v128.store(to + offset, a);
    v128.store(to + offset, b, 16);
  }
  if (offset < last) v128.store(to + offset, v128.load(from + offset));
  v128.store(to + last, v128.load(from + last));
}
