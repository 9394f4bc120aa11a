import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * The command and its workers as they lie in the sources, each in one file, which starts four times as fast: for tests that
 * start it often. Returns the program to run by Node.
 */
export async function bundledCommand(folder: string): Promise<string> {
  const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
  await build({
    entryPoints: [source('cli/main.ts'), source('trials/worker.ts')],
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@pnn/source'],
    external: ['gpu.js', 'webgpu', '@pnn/he'],
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'main.js');
}
