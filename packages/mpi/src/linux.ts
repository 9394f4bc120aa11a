import type { Koffi } from './koffi.js';
import type { System } from './system.js';

/** MADV_HUGEPAGE, of madvise(2). */
const HUGE_PAGE = 14;

export function linux(koffi: Koffi): System {
  // What Node itself is linked to: the C library has another name on every system.
  const library = koffi.load(null);
  const schedYield = library.func('sched_yield', 'int', []);
  const madvise = library.func('madvise', 'int', ['uintptr_t', 'size_t', 'int']);
  return {
    yieldProcessor: () => void schedYield(),
    preferLargePages: (address, bytes) => void madvise(address, bytes, HUGE_PAGE),
  };
}
