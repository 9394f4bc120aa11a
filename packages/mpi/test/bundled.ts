import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Programs of this repository, written to a folder as one file each, by the names that they are given: they start ten times as
 * fast as by tsx. What several of them import is there once, so that one can be loaded before another to change what it does.
 *
 * @param programs their paths from the root of the repository
 * @returns the paths of the files, which Node runs
 */
export async function bundledPrograms<Name extends string>(
  folder: string,
  programs: Readonly<Record<Name, string>>,
): Promise<Record<Name, string>> {
  await build({
    absWorkingDir: repository,
    entryPoints: { ...programs, mpi: 'packages/mpi/src/index.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@pnn/source'],
    external: ['koffi', 'gpu.js', 'webgpu', 'tsx', '@pnn/he'],
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // The command looks for the package when it is asked for --mpi, and the package for koffi.
  const installed = join(folder, 'node_modules');
  mkdirSync(join(installed, '@pnn/mpi'), { recursive: true });
  writeFileSync(join(installed, '@pnn/mpi/package.json'), '{"type":"module","exports":"./index.js"}');
  writeFileSync(join(installed, '@pnn/mpi/index.js'), "export * from '../../../mpi.js';");
  symlinkSync(join(repository, 'node_modules/koffi'), join(installed, 'koffi'));
  const paths = Object.keys(programs).map((name) => [name, join(folder, `${name}.js`)]);
  return Object.fromEntries(paths) as Record<Name, string>;
}
