import { readFileSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { MpiError } from './errors.js';
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
    processors: () => numbersIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!),
    yieldProcessor: () => void schedYield(),
    preferLargePages: (address, bytes) => void madvise(address, bytes, HUGE_PAGE),
    copyFrom: copying(koffi, 'process_vm_readv'),
    copyTo: copying(koffi, 'process_vm_writev'),
  };
}

/** What a list such as "0-2,8" stands for; see cpuset(7). */
export function numbersIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
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
