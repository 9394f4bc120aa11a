import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ByteReader, PnnError, readFromMemory } from '@pnn/tensor';

/** A file cannot be read or written; `cause` is the error of the operating system. */
export class FileError extends PnnError {
  override readonly name = 'FileError';
}

const REASONS = new Map([
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space is left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file would be larger than allowed'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

function fileError(path: string, deed: 'read' | 'written', cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = deed === 'read' ? 'it does not exist' : 'its folder does not exist';
  const reason = code === 'ENOENT' ? missing : (REASONS.get(code ?? '') ?? message);
  return new FileError(`${path}: cannot be ${deed}, since ${reason}`, { cause });
}

/** The system reads less than 2 GiB at once. */
const MAX_READ = 2 ** 30;

/** Fills the target with what stands in the file from the position on. */
async function readAt(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length; ) {
    const { bytesRead } = await file.read(
      target,
      filled,
      Math.min(target.length - filled, MAX_READ),
      position + filled,
    );
    if (bytesRead === 0) throw new Error('it was cut off meanwhile');
    filled += bytesRead;
  }
}

/**
 * What a reader of a format makes of a file, of any size: it gets the parts that it wants, where it wants them, so that the
 * file is never in memory as a whole.
 *
 * @param read from the number of bytes of the file
 * @throws FileError where the file is missing, is a folder or may not be read
 * @throws what the reader throws
 */
export async function readFileAs<T>(path: string, read: (byteLength: number) => ByteReader<T>): Promise<T> {
  const attempt = <R>(deed: Promise<R>): Promise<R> =>
    deed.catch((cause: unknown) => {
      throw fileError(path, 'read', cause);
    });
  const file = await attempt(open(path));
  try {
    const status = await attempt(file.stat());
    if (!status.isFile()) {
      // A pipe, say, which has no size and no positions.
      const bytes = await attempt(file.readFile());
      return readFromMemory(bytes, read(bytes.length));
    }
    const reader = read(status.size);
    for (;;) {
      const next = reader.next();
      if (next.done) return next.value;
      await attempt(readAt(file, next.value.target, next.value.position));
    }
  } finally {
    await file.close();
  }
}

function* readAll(byteLength: number): ByteReader<Uint8Array> {
  const target = new Uint8Array(byteLength);
  yield { position: 0, target };
  return target;
}

/**
 * The content of a file.
 *
 * @throws FileError where the file is missing, is a folder or may not be read
 */
export function readFileBytes(path: string): Promise<Uint8Array> {
  return readFileAs(path, readAll);
}

/** What a file is called before it is complete. */
const temporaryName = () => `.${randomUUID()}.tmp`;

const TEMPORARY = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Writes a file so that a reader of `path`, at any time and even after a crash, finds either the old content or the
 * whole new one: the bytes go to a temporary file in the same folder and reach the disk before it takes the name. On
 * failure the temporary file is removed and the old content stays. A symbolic link is replaced, not followed.
 *
 * @param content the bytes, or parts of them one after another
 * @throws FileError where the folder is missing or may not be written, the path is a folder, or the disk is full
 */
export async function writeFileAtomically(path: string, content: Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const parts = content instanceof Uint8Array ? [content] : content;
  const temporary = join(dirname(path), temporaryName());
  let file: FileHandle;
  try {
    file = await open(temporary, 'wx');
  } catch (cause) {
    throw fileError(path, 'written', cause);
  }
  try {
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    // Of two errors, the one to report is the first.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(path, 'written', cause);
  }
}

/**
 * Removes from a folder what {@link writeFileAtomically} has left there when its process was killed: temporary files that
 * nobody has written to for a while. Others may write to the folder meanwhile, and a clock of another machine may go wrong by
 * less than that while.
 *
 * @param age milliseconds since a file was written to; a fraction of it is enough for any write
 * @throws FileError where the folder may not be read, or a file not be removed
 */
export async function removeLeftovers(folder: string, age: number): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (!TEMPORARY.test(name)) continue;
      const path = join(folder, name);
      // Another process may have finished with it meanwhile.
      const written = (await stat(path).catch(() => undefined))?.mtimeMs;
      if (written !== undefined && Date.now() - written > age) await rm(path, { force: true });
    }
  } catch (cause) {
    throw fileError(folder, 'read', cause);
  }
}
