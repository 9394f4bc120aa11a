import { pathToFileURL } from 'node:url';
import { PnnError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';

/**
 * Loads modules of the user's own, which register data sets, models or targets.
 *
 * @throws FileError if a module cannot be loaded
 */
export async function importModules(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await import(pathToFileURL(path).href);
    } catch (cause) {
      if (cause instanceof PnnError) throw cause;
      throw new FileError(`${path} cannot be imported (${cause instanceof Error ? cause.message : cause})`, { cause });
    }
  }
}
