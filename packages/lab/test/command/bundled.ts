import { join } from 'node:path';
import { bundle } from '../../../../test/bundle.js';

/** Packages that modules of the user's own register with. */
export type OwnPackage = 'data' | 'models' | 'nn' | 'pnn';

/**
 * The command and its workers as they lie in the sources, each in one file, and the packages as it uses them, as `data.js` and
 * the like. Returns the program to run by Node.
 */
export async function bundledCommand(folder: string): Promise<string> {
  const packages: readonly OwnPackage[] = ['data', 'models', 'nn', 'pnn'];
  await bundle(folder, {
    main: 'packages/lab/src/cli/main.ts',
    worker: 'packages/lab/src/trials/worker.ts',
    ...Object.fromEntries(packages.map((name) => [name, `packages/${name}/src/index.ts`])),
  });
  return join(folder, 'main.js');
}
