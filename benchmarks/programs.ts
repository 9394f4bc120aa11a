import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wideSimdObstacle } from '@pnn/tensor/node';
import type { GpuWay } from './ours/gpu/device.js';
import type { Program } from './participant.js';
import { fastestKernels } from './python-kernels.js';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Malloc keeps what is freed instead of handing it back to the system, whose page faults would cost more than the work. */
const KEEP_MEMORY = `${2 ** 32}`;

function nodeProgram(name: string, file: string, args: readonly string[], environment = {}): Program {
  const tsx = import.meta.resolve('tsx');
  return {
    name,
    command: process.execPath,
    args: ['--import', tsx, '--conditions=@pnn/source', pathOf(file), ...args],
    environment,
  };
}

/** This library on a device; PNN_THREADS is how the device `wasm` is told. */
export function ourProgram(device: string, threads: number): Program {
  return nodeProgram('ours', 'ours/main.ts', [device], { PNN_THREADS: `${threads}` });
}

/** The python3 that PNN_PYTHON names, or the first one on the path that can import a module; undefined without one. */
function pythonWith(module: string): string | undefined {
  const named = process.env.PNN_PYTHON;
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'python3'));
  const candidates = named === undefined ? found.filter((file) => existsSync(file)) : [named];
  return candidates.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0);
}

function pythonProgram(name: string, module: string, file: string, threads: number): Program {
  const python = pythonWith(module);
  const kernels = python === undefined ? undefined : fastestKernels(python, module);
  return {
    name,
    // Without any, the first python3 says in its own words what is missing.
    command: python ?? process.env.PNN_PYTHON ?? 'python3',
    args: [pathOf(file), `${threads}`],
    remarks: kernels?.remarks ?? [],
    environment: {
      ...kernels?.environment,
      OMP_NUM_THREADS: `${threads}`,
      OPENBLAS_NUM_THREADS: `${threads}`,
      MKL_NUM_THREADS: `${threads}`,
      // Threads that spin after their work would take the processor from whoever is measured next.
      OMP_WAIT_POLICY: 'passive',
      MALLOC_MMAP_THRESHOLD_: KEEP_MEMORY,
      MALLOC_TRIM_THRESHOLD_: KEEP_MEMORY,
      MALLOC_TOP_PAD_: `${2 ** 28}`,
    },
  };
}

/** This library where it computes with 128 bits, beside it where it computes with 256. */
function narrowProgram(name: string, threads: number): Program {
  return nodeProgram(name, 'ours/main.ts', ['wasm'], { PNN_THREADS: `${threads}`, PNN_SIMD: '128' });
}

const peers: Readonly<Record<string, (name: string, threads: number) => Program>> = {
  ...(wideSimdObstacle() === undefined && { 'pnn-128': narrowProgram }),
  javascript: (name) => nodeProgram(name, 'peers/javascript.ts', []),
  'tfjs-wasm': (name) => nodeProgram(name, 'peers/tfjs.js', []),
  'jax-js': (name) => nodeProgram(name, 'peers/jax.js', []),
  'gpu.js-cpu': (name) => nodeProgram(name, 'peers/gpu.js', ['cpu']),
  'gpu.js-webasm': (name) => nodeProgram(name, 'peers/gpu.js', ['webasm']),
  'node-seal': (name) => nodeProgram(name, 'peers/seal.ts', []),
  numpy: (name, threads) => pythonProgram(name, 'numpy', 'peers/with_numpy.py', threads),
  pytorch: (name, threads) => pythonProgram(name, 'torch', 'peers/with_torch.py', threads),
};

/** Everyone that can be measured beside this library. */
export const peerNames: readonly string[] = Object.keys(peers);

/** How a peer is started with so many threads, where it can use them. */
export function peerProgram(name: string, threads: number): Program {
  return peers[name]!(name, threads);
}

/** This library on a GPU, in one of the ways. */
export function gpuProgram(mode: GpuWay): Program {
  return nodeProgram(`gpu-${mode}`, 'ours/gpu/main.ts', [mode]);
}
