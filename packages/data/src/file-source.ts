import { ArgumentError, FormatError } from '@pnn/nn';

/** Where files of a data set come from: a folder (`folder` of `@pnn/data/node`), downloads of a page, memory. */
export interface FileSource {
  /** What messages call the place, such as `the folder 'data'`. */
  readonly description: string;
  /** What messages call a file of this name, such as its path. */
  pathOf(name: string): string;
  /**
   * The bytes of a file; undefined if there is none of this name.
   *
   * @throws ArgumentError if it is there and cannot be read
   * @throws FormatError if it has more than `maxBytes`
   */
  read(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** Files that are in memory already, by name: for a page that has downloaded them, and for tests. */
export function filesInMemory(files: ReadonlyMap<string, Uint8Array>, description = 'memory'): FileSource {
  return {
    description,
    pathOf: (name) => name,
    async read(name, maxBytes) {
      const bytes = files.get(name);
      if (bytes && bytes.length > maxBytes) throw tooLarge(name, bytes.length);
      return bytes;
    },
  };
}

/** The refusal of a file that is larger than any of its data set. */
export function tooLarge(path: string, bytes: number): FormatError {
  return new FormatError(`${path} has ${bytes} bytes, more than any file of the data set`);
}

/** The largest file that is read, and the most that a compressed one may expand to; MNIST's has 47,040,016 bytes. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

/** Bytes together with where they came from. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function decompress(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > MAX_FILE_BYTES) {
        await reader.cancel().catch(() => undefined);
        throw new FormatError(`${path} expands to over ${MAX_FILE_BYTES} bytes, more than any file of the data set`);
      }
      chunks.push(next.value);
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`${path} is damaged (${reason}): download it again`, { cause: error });
  }
  const whole = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}

/**
 * Reads the first of the named files that the source has, decompressed if it is gzip. Whether it is gzip is told by its
 * first two bytes and not by its name, since browsers decompress downloads without renaming them.
 *
 * @param advice what errors recommend if none of the files is there
 * @throws ArgumentError if none of the files is there, or it cannot be read
 * @throws FormatError if a file is larger than any of a data set, or its gzip stream is damaged
 */
export async function readDataFile(source: FileSource, names: readonly string[], advice: string): Promise<DataFile> {
  for (const name of names) {
    const stored = await source.read(name, MAX_FILE_BYTES);
    if (!stored) continue;
    const path = source.pathOf(name);
    return { path, bytes: isGzip(stored) ? await decompress(path, stored) : stored };
  }
  throw new ArgumentError(`${source.description} has no file ${names.join(' or ')}: ${advice}`);
}
