import { getSystemErrorName } from 'node:util';
import { MpiError } from './errors.js';
import type { Koffi } from './koffi.js';
import type { System } from './system.js';

/** MADV_HUGEPAGE, of madvise(2). */
const HUGE_PAGE = 14;
/** Of a mask with a bit for each processor: Linux has room for 8192 at most, and takes no shorter mask than its own. */
const MASK_BYTES = 1024;

export function linux(koffi: Koffi): System {
  // What Node itself is linked to: the C library has another name on every system.
  const library = koffi.load(null);
  const schedYield = library.func('sched_yield', 'int', []);
  const schedGetaffinity = library.func('sched_getaffinity', 'int', ['int', 'size_t', 'void *']);
  const madvise = library.func('madvise', 'int', ['uintptr_t', 'size_t', 'int']);
  return {
    processors() {
      const mask = new Uint8Array(MASK_BYTES);
      if (schedGetaffinity(0, MASK_BYTES, mask) === 0) return bitsOf(mask);
      throw new MpiError(`mpi: sched_getaffinity has failed: ${getSystemErrorName(-koffi.errno())}`);
    },
    yieldProcessor: () => void schedYield(),
    preferLargePages: (address, bytes) => void madvise(address, bytes, HUGE_PAGE),
    copyFrom: copying(koffi, 'process_vm_readv'),
    copyTo: copying(koffi, 'process_vm_writev'),
  };
}

/** The numbers of the bits that are set. */
function bitsOf(mask: Uint8Array): number[] {
  return Array.from({ length: 8 * mask.length }, (_, i) => i).filter((i) => (mask[i >> 3]! >> (i & 7)) & 1);
}

/** One of the functions of process_vm_readv(2), which copy without a system buffer between. */
function copying(koffi: Koffi, name: string): System['copyFrom'] {
  const parameters = ['int', 'void *', 'ulong', 'void *', 'ulong', 'ulong'];
  const copy = koffi.load(null).func(name, 'long', parameters);
  /** Each an address and a length: struct iovec, where addresses have 64 bits. */
  const [here, there] = [new BigUint64Array(2), new BigUint64Array(2)];
  return (process, theirs, ours, bytes) => {
    there[0] = BigInt(theirs);
    here[0] = BigInt(ours);
    here[1] = there[1] = BigInt(bytes);
    const copied = Number(copy(process, here, 1, there, 1, 0));
    if (copied === bytes) return;
    const reason = copied < 0 ? getSystemErrorName(-koffi.errno()) : `${copied} of ${bytes} bytes were copied`;
    throw new MpiError(`mpi: ${name} from or to process ${process} of this machine has failed: ${reason}`);
  };
}
