import { ArgumentError, FormatError } from '@pnn/nn';

/** Lends memory of so many bytes. */
export type LendMemory = (bytes: number) => Uint8Array;

/** An image as bytes. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** Whether the file stores colors; else red, green and blue are the same everywhere. */
  readonly hasColor: boolean;
  /** Red, green, blue and something to skip, pixel by pixel, row by row. */
  readonly rgba: Uint8Array;
}

/** Where files of a data set come from: a folder (`folder` of `@pnn/data/node`), downloads of a page, memory. */
export interface FileSource {
  /** What messages call the place, such as `the folder 'data'`. */
  readonly description: string;
  /** What messages call a file of this name, such as its path. A name may begin with folders, such as `raw/`. */
  pathOf(name: string): string;
  /**
   * The bytes of a file; undefined if there is none of this name.
   *
   * @param memory lends room for so many bytes of the file, so that nothing else has to hold them; the source may do without
   * @throws ArgumentError if it is there and cannot be read
   * @throws FormatError if it has more than `maxBytes`
   */
  read(name: string, maxBytes: number, memory?: LendMemory): Promise<Uint8Array | undefined>;
  /**
   * The names of all files, sorted, with `/` behind folders: for data sets whose files have any names. Left out by a source
   * that cannot tell, such as downloads of a page.
   *
   * @throws ArgumentError if the place cannot be looked through
   */
  list?(): Promise<readonly string[]>;
  /**
   * What a PNG or JPEG file shows, for data sets of images. Left out by a source that has no decoder; a page may use its own
   * (`createImageBitmap`).
   *
   * @param name what errors call the file
   * @throws ArgumentError if a package that decodes is not installed
   * @throws FormatError if it is damaged or of another format
   */
  decodeImage?(bytes: Uint8Array, name: string): Promise<DecodedImage>;
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
    list: async () => [...files.keys()].sort(),
  };
}

/** The refusal of a file that is larger than any of its data set. */
export function tooLarge(path: string, bytes: number): FormatError {
  return new FormatError(`${path} has ${bytes} bytes, more than any file of the data set`);
}

/** Enough for the files of most data sets; the largest of MNIST has 47,040,016 bytes. */
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/** Bytes together with where they came from. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file that a data set needs. */
export interface DataFileRequest {
  /** The name of the data set, with which errors begin. */
  readonly dataset: string;
  readonly source: FileSource;
  /** The names that the file may have; the first one that is there is read. */
  readonly names: readonly string[];
  /** Folders of the source where it is looked for as well, where it does not lie outside of them. @default [] */
  readonly folders?: readonly string[];
  /** What errors recommend if none of them is there. */
  readonly advice: string;
  /** Lends memory that a file may be put in as it is stored. */
  readonly memory?: LendMemory;
  /** The largest file that is read, and the most that a compressed one may expand to. @default 64 MiB */
  readonly maxBytes?: number;
}

const maxBytesOf = ({ maxBytes = DEFAULT_MAX_BYTES }: DataFileRequest) => maxBytes;

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What went wrong; the TypeError of a damaged stream has no message from Node 22 on, but a cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error.cause instanceof Error ? error.cause.message : error.name);
}

/** What a gzip file expands to, a chunk at a time. */
async function* decompressed(
  dataset: string,
  path: string,
  bytes: Uint8Array,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  const next = async () => {
    try {
      return await reader.read();
    } catch (cause) {
      throw new FormatError(`${dataset}: ${path} is damaged (${messageOf(cause)}): download it again`, { cause });
    }
  };
  let length = 0;
  try {
    for (let read = await next(); !read.done; read = await next()) {
      length += read.value.length;
      if (length > maxBytes) {
        throw new FormatError(
          `${dataset}: ${path} expands to over ${maxBytes} bytes, more than any file of the data set`,
        );
      }
      yield read.value;
    }
  } finally {
    // Whoever stops early, or fails, leaves a stream that goes on; one that has failed by itself has nothing to stop.
    await reader.cancel().catch(() => undefined);
  }
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** The bytes as the source has them. Its errors do not know of a data set and get its name here. */
async function readStored(request: DataFileRequest, name: string): Promise<Uint8Array | undefined> {
  const { dataset, source, memory } = request;
  try {
    return await source.read(name, maxBytesOf(request), memory);
  } catch (error) {
    const message = `${dataset}: ${messageOf(error)}`;
    if (error instanceof FormatError) throw new FormatError(message, { cause: error });
    if (error instanceof ArgumentError) throw new ArgumentError(message, { cause: error });
    throw error;
  }
}

/** As in `a, b or c`. */
function alternatives(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ');
}

/** The first of the named files that the source has, as it is stored. */
async function findStored(request: DataFileRequest): Promise<DataFile> {
  const { dataset, source, names, folders = [], advice } = request;
  for (const name of [...names, ...folders.flatMap((folder) => names.map((each) => `${folder}/${each}`))]) {
    const bytes = await readStored(request, name);
    if (bytes) return { path: source.pathOf(name), bytes };
  }
  const elsewhere = folders.length > 0 ? `, nor has its folder ${alternatives(folders)}` : '';
  throw new ArgumentError(
    `${dataset}: ${source.description} has no file ${alternatives(names)}${elsewhere}: ${advice}`,
  );
}

/**
 * Reads the first of the named files that the source has, decompressed if it is gzip. Whether it is gzip is told by its
 * first two bytes and not by its name, since browsers decompress downloads without renaming them.
 *
 * @throws ArgumentError if none of the files is there, or it cannot be read
 * @throws FormatError if a file is larger than any of a data set, or its gzip stream is damaged
 */
export async function readDataFile(request: DataFileRequest): Promise<DataFile> {
  const { path, bytes } = await findStored(request);
  if (!isGzip(bytes)) return { path, bytes };
  return { path, bytes: await joined(decompressed(request.dataset, path, bytes, maxBytesOf(request))) };
}

/**
 * Like {@link readDataFile}, but what a compressed file expands to comes a chunk at a time, so that it is never in memory as a
 * whole.
 */
export async function openDataFile(
  request: DataFileRequest,
): Promise<{ readonly path: string; readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }> {
  const { path, bytes } = await findStored(request);
  const chunks = isGzip(bytes) ? decompressed(request.dataset, path, bytes, maxBytesOf(request)) : [bytes];
  return { path, chunks };
}
