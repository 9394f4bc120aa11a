import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, repository } from '../../../test/bundle.js';

/**
 * Programs of this repository in a folder, as `bundle` writes them, with the package for `--mpi` beside them.
 *
 * @param programs their paths from the root of the repository
 * @returns the paths of the files, which Node runs
 */
export async function bundledPrograms<Name extends string>(
  folder: string,
  programs: Readonly<Record<Name, string>>,
): Promise<Record<Name, string>> {
  await bundle(folder, { ...programs, mpi: 'packages/mpi/src/index.ts' }, ['koffi']);
  // The command looks for the package when it is asked for --mpi, and the package for koffi.
  const installed = join(folder, 'node_modules');
  mkdirSync(join(installed, '@pnn/mpi'), { recursive: true });
  writeFileSync(join(installed, '@pnn/mpi/package.json'), '{"type":"module","exports":"./index.js"}');
  writeFileSync(join(installed, '@pnn/mpi/index.js'), "export * from '../../../mpi.js';");
  symlinkSync(join(repository, 'node_modules/koffi'), join(installed, 'koffi'));
  const paths = Object.keys(programs).map((name) => [name, join(folder, `${name}.js`)]);
  return Object.fromEntries(paths) as Record<Name, string>;
}
