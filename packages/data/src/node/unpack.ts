import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { ArgumentError, FormatError, PnnError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import type { Entry, ZipFile } from 'yauzl';
import { excerpt } from '../formats/excerpt.js';
import type { PublishedArchive } from '../published-file.js';

/** A file that was unpacked. */
export interface UnpackedFile {
  /** Its path below the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
}

/** How an archive is unpacked. */
export interface UnpackOptions extends Omit<PublishedArchive, 'inner'> {
  readonly signal?: AbortSignal | undefined;
  /** Called after each file. */
  readonly onFile?: ((file: UnpackedFile) => void) | undefined;
}

/** A file of an archive, whose content must be read or left before the next one comes. */
interface ArchivedFile {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

function missing(name: string, format: string): (cause: unknown) => never {
  return (cause) => {
    throw new ArgumentError(`unpacking ${format} files takes the package ${name}: npm install ${name}`, { cause });
  };
}

const loadYauzl = () => import('yauzl').catch(missing('yauzl', 'zip'));

const loadModernTar = () => import('modern-tar').catch(missing('modern-tar', 'tar.gz'));

/**
 * Checks that archives of this format can be unpacked here, before one is downloaded.
 *
 * @throws ArgumentError if the package is not installed
 */
export async function checkUnpacker(format: PublishedArchive['format']): Promise<void> {
  await (format === 'zip' ? loadYauzl() : loadModernTar());
}

const S_IFMT = 0xf000;
const S_IFREG = 0x8000;
const S_IFDIR = 0x4000;

/**
 * The content of a file in a zip archive, which is refused in the end if its CRC-32 is another one; Node has that from 20.15 on.
 * The stream is opened when it is read from: nobody would hear of its errors before.
 */
async function* contentOf(archive: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let checksum: number | undefined = typeof zlib.crc32 === 'function' ? 0 : undefined;
  for await (const chunk of (await archive.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
    if (checksum !== undefined) checksum = zlib.crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== undefined && checksum !== entry.crc32) throw new Error('a checksum is wrong');
}

async function* filesOfZip(path: string): AsyncGenerator<ArchivedFile> {
  const yauzl = (await loadYauzl()).default;
  const archive = await yauzl.openPromise(path, { autoClose: false });
  try {
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      // The upper half has the mode of Unix, or nothing.
      const type = (entry.externalFileAttributes >>> 16) & S_IFMT;
      if (type !== 0 && type !== S_IFREG && type !== S_IFDIR) throw linkRefused(path, entry.fileName);
      yield { name: entry.fileName, content: contentOf(archive, entry) };
    }
  } finally {
    archive.close();
  }
}

async function* filesOfTarGz(path: string): AsyncGenerator<ArchivedFile> {
  const { createTarDecoder } = await loadModernTar();
  const unzipped = zlib.createGunzip();
  // What goes wrong in reading or unzipping ends `unzipped`, from where the loop below gets it.
  const reading = pipeline(createReadStream(path), unzipped).catch(() => undefined);
  const bytes = Readable.toWeb(unzipped) as ReadableStream<Uint8Array<ArrayBuffer>>;
  for await (const { header, body } of bytes.pipeThrough(createTarDecoder({ strict: true }))) {
    if (header.type === 'file') yield { name: header.name, content: body };
    else if (header.type === 'directory') await body.cancel();
    else throw linkRefused(path, header.name);
  }
  await reading;
}

function linkRefused(path: string, name: string): FormatError {
  return new FormatError(`${path} has '${excerpt(name)}', which is neither a file nor a folder`);
}

/** The path below the folder of the archive's file of this name; undefined if nothing is left of it. */
function safeName(path: string, name: string, strip: number): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const isUnsafe = name.startsWith('/') || /[\\\0]/.test(name) || /^[a-z]:/i.test(name) || parts.includes('..');
  if (isUnsafe) throw new FormatError(`${path} has '${excerpt(name)}', which would lie outside of the folder`);
  const kept = parts.slice(strip);
  return kept.length > 0 ? kept.join('/') : undefined;
}

async function writeContent(
  target: string,
  { content }: ArchivedFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const temporary = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  const file = await open(temporary, 'w');
  try {
    for await (const chunk of content) {
      onBytes(chunk.length);
      await file.writeFile(chunk);
    }
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, target);
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/**
 * Unpacks an archive: zip by yauzl, tar.gz by Node and modern-tar; both packages are optional peers. Only files are written,
 * each complete or not at all; a path that leaves the folder, a link, and more bytes than were announced are refused.
 *
 * @returns the files, in the order of the archive
 * @throws ArgumentError if the package is not installed
 * @throws FormatError if the archive is damaged, or holds what is refused
 * @throws FileError if the disk is in the way
 */
export async function unpackArchive(path: string, folder: string, options: UnpackOptions): Promise<UnpackedFile[]> {
  const { format, maxBytes, strip = 0, signal, onFile } = options;
  const unpacked: UnpackedFile[] = [];
  let total = 0;
  try {
    for await (const file of format === 'zip' ? filesOfZip(path) : filesOfTarGz(path)) {
      signal?.throwIfAborted();
      const name = safeName(path, file.name, strip);
      if (name === undefined) continue;
      const before = total;
      await writeContent(join(folder, name), file, (bytes) => {
        signal?.throwIfAborted();
        total += bytes;
        if (total <= maxBytes) return;
        throw new FormatError(`${path} unpacks to more than ${maxBytes} bytes, the most that it should hold`);
      });
      const entry = { name, bytes: total - before };
      unpacked.push(entry);
      onFile?.(entry);
    }
  } catch (cause) {
    if (cause instanceof PnnError || signal?.aborted) throw cause;
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : cause;
    if (isOfSystem(cause)) throw new FileError(`${path} cannot be unpacked to ${folder} (${reason})`, { cause });
    throw new FormatError(`${path} is a damaged ${format} file (${reason})`, { cause });
  }
  if (unpacked.length === 0) throw new FormatError(`${path} holds no file`);
  return unpacked;
}
