import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ArgumentError, FormatError, PnnError } from '@pnn/tensor';

/** The largest file that is read, and the most that a compressed one may expand to; MNIST's has 47,040,016 bytes. */
const LARGEST_FILE = 64 * 2 ** 20;

/** Bytes together with where they came from. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const unzip = promisify(gunzip);

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Whether the error says that there is no such file, for want of the directory too. */
const isAbsent = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function decompress(reader: string, path: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await unzip(bytes, { maxOutputLength: LARGEST_FILE });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
      throw new FormatError(
        `${reader}: ${path} expands to over ${LARGEST_FILE} bytes, more than any file of the data set`,
      );
    }
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`${reader}: ${path} is damaged (${reason}): download it again`, { cause: error });
  }
}

/**
 * Reads the first of the named files that the directory has, decompressed where it is gzip. Whether it is gzip is
 * told by its first two bytes and not by its name, since browsers decompress downloads without renaming them.
 *
 * @param reader the function that errors name
 * @param advice what errors recommend where none of the files is there
 * @throws ArgumentError where none of the files is there, or it cannot be read
 * @throws FormatError where a file is larger than any of a data set, or its gzip stream is damaged
 */
export async function readDataFile(
  reader: string,
  directory: string,
  names: readonly string[],
  advice: string,
): Promise<DataFile> {
  for (const name of names) {
    const path = join(directory, name);
    try {
      const status = await stat(path);
      if (!status.isFile()) throw new ArgumentError(`${reader}: ${path} is not a file`);
      if (status.size > LARGEST_FILE) {
        throw new FormatError(`${reader}: ${path} has ${status.size} bytes, more than any file of the data set`);
      }
      const stored = await readFile(path);
      const { buffer, byteOffset, length } = isGzip(stored) ? await decompress(reader, path, stored) : stored;
      // Not a Buffer, whose methods differ from those of the Uint8Array that is promised.
      return { path, bytes: new Uint8Array(buffer, byteOffset, length) };
    } catch (error) {
      if (error instanceof PnnError) throw error;
      if (!isAbsent(error)) {
        const reason = error instanceof Error ? error.message : error;
        throw new ArgumentError(`${reader}: ${path} cannot be read (${reason})`, { cause: error });
      }
    }
  }
  throw new ArgumentError(`${reader}: the directory '${directory}' has no file ${names.join(' or ')}: ${advice}`);
}
