import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The root of the repository. */
export const repository: string = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes programs of the sources to a folder, as one file each: they start ten times as fast as by tsx. What several of them
 * import is there once, so that one can be loaded before another to change what it does.
 *
 * @param programs their paths from the root of the repository, by the names that their files get
 * @param external further packages that are loaded when the programs run
 */
export async function bundle(
  folder: string,
  programs: Readonly<Record<string, string>>,
  external: readonly string[] = [],
): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: programs,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@pnn/source'],
    external: ['gpu.js', 'webgpu', 'tsx', '@pnn/he', ...external],
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}
