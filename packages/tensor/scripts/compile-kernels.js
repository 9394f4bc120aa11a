// Compiles a folder of kernels (AssemblyScript) to one WebAssembly module.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** Where the sources of this package are. */
export const folder = fileURLToPath(new URL('../kernels', import.meta.url));

const settings = [
  '-O3',
  '--runtime',
  'stub',
  '--noAssert',
  '--noExportMemory',
  '--importMemory',
  '--maximumMemory',
  '65536',
  '--enable',
  'threads',
  '--sharedMemory',
  // Numbers that kernels know when they are compiled: see STATIC_BYTES of src/devices/host/linear-memory.ts.
  '--memoryBase',
  '64',
];
/**
 * Folds constants before the optimizer sees the module: it would first join branches that differ in a constant alone, which
 * are the loops of different operations, to one loop that computes all of them.
 */
const foldConstants = {
  afterCompile(module) {
    module.runPasses(['ssa-nomerge', 'precompute-propagate', 'remove-unused-brs', 'vacuum']);
  },
};

/**
 * Compiles the kernels to a file and returns its bytes.
 *
 * @param options of the compiler, beside those that all modules have
 * @param sources the folder with `index.ts`
 */
export async function compileKernels(outFile, options, sources = folder) {
  const entry = relative(process.cwd(), join(sources, 'index.ts'));
  const { error, stdout, stderr } = await asc.main([entry, '--outFile', outFile, ...settings, ...options], {
    transforms: [foldConstants],
  });
  if (error) throw new Error(`${stdout}${stderr}${error.message}`);
  return readFileSync(outFile);
}
