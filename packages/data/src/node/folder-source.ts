import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, PnnError } from '@pnn/nn';
import { type FileSource, tooLarge } from '../file-source.js';
import { decodeImage } from './decode-image.js';

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Whether the error says that there is no such file, for want of the folder too. */
const isAbsent = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** The system reads less than 2 GiB at once. */
const MAX_READ = 2 ** 30;

/** Fills the memory from the beginning of the file; returns the part that was filled if the file ends before. */
async function fill(file: FileHandle, memory: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  while (filled < memory.length) {
    const { bytesRead } = await file.read(memory, filled, Math.min(memory.length - filled, MAX_READ));
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return memory.subarray(0, filled);
}

/** The names of all files below a folder; a link to a folder is not followed, for it may lead back. */
async function filesBelow(path: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.map(async (entry) => {
    const name = `${prefix}${entry.name}`;
    return entry.isDirectory() ? filesBelow(join(path, entry.name), `${name}/`) : [name];
  });
  return (await Promise.all(names)).flat();
}

/** The files of a folder; pngjs and jpeg-js, both optional peers, decode its images. */
export function folder(path: string): FileSource {
  const pathOf = (name: string) => join(path, name);
  return {
    description: `the folder '${path}'`,
    pathOf,
    decodeImage,
    async read(name, maxBytes, memory) {
      const file = pathOf(name);
      try {
        const status = await stat(file);
        if (!status.isFile()) throw new ArgumentError(`${file} is not a file`);
        if (status.size > maxBytes) throw tooLarge(file, status.size);
        const target = memory?.(status.size) ?? new Uint8Array(status.size);
        const handle = await open(file);
        try {
          return await fill(handle, target);
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (error instanceof PnnError) throw error;
        if (isAbsent(error)) return undefined;
        const reason = error instanceof Error ? error.message : error;
        throw new ArgumentError(`${file} cannot be read (${reason})`, { cause: error });
      }
    },
    async list() {
      try {
        return (await filesBelow(path)).sort();
      } catch (error) {
        const reason = isAbsent(error) ? 'it does not exist' : error instanceof Error ? error.message : error;
        throw new ArgumentError(`the folder '${path}' cannot be looked through (${reason})`, { cause: error });
      }
    },
  };
}
