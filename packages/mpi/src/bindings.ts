import type { Launcher } from '@pnn/nn/node';
import type { LibraryHandle } from 'koffi';
import { MpiError } from './errors.js';
import type { Koffi } from './koffi.js';
import type { ElementBytes, Handle, MpiLibrary, Request } from './library.js';

/** MPI_THREAD_SERIALIZED: threads call MPI one at a time. */
const SERIALIZED = 2;
const SUCCESS = 0;
/** The longest text that MPI writes, in both libraries. */
const MAX_TEXT = 8192;

/** What differs between the two families of libraries: https://www.mpich.org/abi/ for MPICH and those compatible with it. */
interface Family {
  readonly handleType: 'int' | 'void *';
  readonly world: Handle;
  readonly types: Readonly<Record<ElementBytes, Handle>>;
  /** What holds so many requests. */
  readonly requests: (count: number) => Request['handles'];
  /** MPI_STATUSES_IGNORE */
  readonly ignore: bigint;
}

const mpich: Family = {
  handleType: 'int',
  world: 0x44000000,
  types: { 1: 0x4c00010d, 4: 0x4c00040a, 8: 0x4c00080b },
  requests: (count) => new Int32Array(count),
  ignore: 1n,
};

function openMpi(library: LibraryHandle): Family {
  return {
    handleType: 'void *',
    world: library.symbol('ompi_mpi_comm_world', 'void *'),
    types: {
      1: library.symbol('ompi_mpi_byte', 'void *'),
      4: library.symbol('ompi_mpi_float', 'void *'),
      8: library.symbol('ompi_mpi_double', 'void *'),
    },
    requests: (count) => new BigInt64Array(count),
    ignore: 0n,
  };
}

/** The names under which the loader finds the libraries: Open MPI 3 to 5; MPICH of Debian, MPICH and Intel MPI elsewhere. */
const fileNames = {
  'Open MPI': ['libmpi.so.40'],
  MPICH: ['libmpich.so.12', 'libmpi.so.12'],
} as const;

function candidatesFor({ name }: Launcher): readonly string[] {
  return name === 'Slurm' ? Object.values(fileNames).flat() : fileNames[name];
}

function open(koffi: Koffi, names: readonly string[], launcher: Launcher): LibraryHandle {
  const problems: string[] = [];
  for (const name of names) {
    try {
      // Components of Open MPI look for its symbols among those of the process.
      return koffi.load(name, { global: true, lazy: true });
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new MpiError(
    `mpi: the library of MPI cannot be loaded (${problems.join('; ')}), and ${launcher.name} has started this process: ` +
      'install the same MPI on every machine (openmpi-bin or mpich), or name the file in PNN_MPI_LIBRARY',
  );
}

/** Settings of the libraries that are read when they are loaded; what the user has set stays. */
const settings: Readonly<Record<string, string>> = {
  // Open MPI would give its time slice to other programs at every look; `Waiting` sleeps where that is right.
  OMPI_MCA_mpi_yield_when_idle: '0',
  // UCX, below MPICH and others, would patch mmap and sbrk of the C library while other threads of Node are inside of them: with
  // busy threads, one start of fifteen ended with a segmentation fault.
  UCX_MEM_EVENTS: 'n',
};

function prepare(): void {
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
}

/** What one of the functions says that write a text and its length. */
function textFrom(library: LibraryHandle, name: string): string {
  const text = new Uint8Array(MAX_TEXT);
  const length = new Int32Array(1);
  library.func(name, 'int', ['void *', 'void *'])(text, length);
  return new TextDecoder().decode(text.subarray(0, length[0])).replace(/\0.*$/s, '');
}

/** @param file what the user has named, if anything */
function versionOf(library: LibraryHandle, file: string | undefined): string {
  try {
    return textFrom(library, 'MPI_Get_library_version').split('\n')[0]!.trim().replace(/\s+/g, ' ');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new MpiError(`mpi: ${file ?? 'what was loaded'} is no library of MPI (${reason}): see PNN_MPI_LIBRARY`, {
      cause,
    });
  }
}

/**
 * The library of MPI that fits what has started this process.
 *
 * @param file the file of the library, where the loader does not find it by one of its usual names
 * @throws MpiError where the library is missing, or another one
 */
export function loadLibrary(koffi: Koffi, launcher: Launcher, file: string | undefined): MpiLibrary {
  prepare();
  const library = open(koffi, file === undefined ? candidatesFor(launcher) : [file], launcher);
  const version = versionOf(library, file);
  const family = version.includes('Open MPI') ? openMpi(library) : mpich;
  return bind(koffi, library, family, version);
}

function bind(koffi: Koffi, library: LibraryHandle, family: Family, version: string): MpiLibrary {
  const { handleType: handle, world, types, requests, ignore } = family;
  const declare = (name: string, ...parameters: string[]) => {
    const call = library.func(name, 'int', parameters) as unknown as (...given: unknown[]) => number;
    return (...given: unknown[]): void => {
      const status = call(...given);
      if (status !== SUCCESS) throw new MpiError(`mpi: ${name} of ${version} has failed with error ${status}`);
    };
  };
  const [buffer, request] = ['void *', 'void *'];
  const functions = {
    initThread: declare('MPI_Init_thread', 'void *', 'void *', 'int', 'void *'),
    finalize: declare('MPI_Finalize'),
    rank: declare('MPI_Comm_rank', handle, 'void *'),
    size: declare('MPI_Comm_size', handle, 'void *'),
    duplicate: declare('MPI_Comm_dup', handle, `_Out_ ${handle} *`),
    allgather: declare('MPI_Iallgather', buffer, 'int', handle, buffer, 'int', handle, handle, request),
    send: declare('MPI_Isend', buffer, 'int', handle, 'int', 'int', handle, request),
    receive: declare('MPI_Irecv', buffer, 'int', handle, 'int', 'int', handle, request),
    broadcast: declare('MPI_Ibcast', buffer, 'int', handle, 'int', handle, request),
    testAll: declare('MPI_Testall', 'int', request, 'void *', 'void *'),
  };
  const abort = library.func('MPI_Abort', 'int', [handle, 'int']);
  const flag = new Int32Array(1);
  const number = new Int32Array(1);
  /** What MPI reads and writes goes into `holds`. */
  const requested = (start: (request: Request['handles']) => void, ...holds: unknown[]): Request => {
    const made = { handles: requests(1), holds };
    start(made.handles);
    return made;
  };
  return {
    version,
    world,
    initialize: () => functions.initThread(null, null, SERIALIZED, number),
    finalize: () => functions.finalize(),
    abort: (code) => abort.async(world, code, () => {}),
    rank(communicator) {
      functions.rank(communicator, number);
      return number[0]!;
    },
    size(communicator) {
      functions.size(communicator, number);
      return number[0]!;
    },
    duplicate(communicator) {
      const made: [Handle] = [null];
      functions.duplicate(communicator, made);
      return made[0];
    },
    allgather: (send, receive, communicator) =>
      requested(
        (made) => functions.allgather(send, send.length, types[1], receive, send.length, types[1], communicator, made),
        send,
        receive,
      ),
    exchange(messages, communicator) {
      const handles = requests(messages.length);
      for (let i = 0; i < messages.length; i++) {
        const { kind, process, tag, address, bytes } = messages[i]!;
        functions[kind](address, bytes, types[1], process, tag, communicator, handles.subarray(i));
      }
      return { handles, holds: [] };
    },
    broadcast: (address, count, bytes, root, communicator) =>
      requested((made) => functions.broadcast(address, count, types[bytes], root, communicator, made), address),
    test({ handles }) {
      functions.testAll(handles.length, handles, flag, ignore);
      return flag[0] !== 0;
    },
    processorName: () => textFrom(library, 'MPI_Get_processor_name'),
    addressOf: (bytes) => Number(koffi.address(bytes)),
  };
}
