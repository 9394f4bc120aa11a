import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, PnnError } from '@pnn/nn';
import { type FileSource, tooLarge } from '../file-source.js';

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Whether the error says that there is no such file, for want of the folder too. */
const isAbsent = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** The files of a folder. */
export function folder(path: string): FileSource {
  const pathOf = (name: string) => join(path, name);
  return {
    description: `the folder '${path}'`,
    pathOf,
    async read(name, maxBytes) {
      const file = pathOf(name);
      try {
        const status = await stat(file);
        if (!status.isFile()) throw new ArgumentError(`${file} is not a file`);
        if (status.size > maxBytes) throw tooLarge(file, status.size);
        const { buffer, byteOffset, length } = await readFile(file);
        // Not a Buffer, whose methods differ from those of the Uint8Array that is promised.
        return new Uint8Array(buffer, byteOffset, length);
      } catch (error) {
        if (error instanceof PnnError) throw error;
        if (isAbsent(error)) return undefined;
        const reason = error instanceof Error ? error.message : error;
        throw new ArgumentError(`${file} cannot be read (${reason})`, { cause: error });
      }
    },
  };
}
