import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Which kernels of its own a library in Python is started with. */
export interface PythonKernels {
  /** Variables that choose them. */
  readonly environment: Readonly<Record<string, string>>;
  /** How it computes then, in words. */
  readonly remarks: readonly string[];
}

const program = fileURLToPath(new URL('peers/choose_kernels.py', import.meta.url));
const known = new Map<string, PythonKernels>();

/**
 * Tries which kernels are the fastest here, once: a BLAS that does not know the processor would take slow ones. They are
 * tried on one thread.
 */
export function fastestKernels(python: string, module: string): PythonKernels {
  const key = `${python} ${module}`;
  const found = known.get(key) ?? tryKernels(python, module);
  known.set(key, found);
  return found;
}

function tryKernels(python: string, module: string): PythonKernels {
  const one = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const { status, stdout } = spawnSync(python, [program, module], {
    env: { ...process.env, ...one },
    encoding: 'utf8',
  });
  if (status !== 0) return { environment: {}, remarks: ['its kernels cannot be chosen here: they are those it takes'] };
  return JSON.parse(stdout) as PythonKernels;
}
