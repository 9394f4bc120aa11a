import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PnnError } from '@pnn/tensor';

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
  ['ERR_FS_FILE_TOO_LARGE', 'it is larger than 2 GiB'],
]);

function fileError(path: string, deed: 'read' | 'written', cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = deed === 'read' ? 'it does not exist' : 'its folder does not exist';
  const reason = code === 'ENOENT' ? missing : (REASONS.get(code ?? '') ?? message);
  return new FileError(`${path}: cannot be ${deed}, since ${reason}`, { cause });
}

/**
 * The content of a file.
 *
 * @throws FileError where the file is missing, is a folder or may not be read
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw fileError(path, 'read', cause);
  }
}

/**
 * Writes a file so that a reader of `path`, at any time and even after a crash, finds either the old content or the
 * whole new one: the bytes go to a temporary file in the same folder and reach the disk before it takes the name. On
 * failure the temporary file is removed and the old content stays. A symbolic link is replaced, not followed.
 *
 * @throws FileError where the folder is missing or may not be written, the path is a folder, or the disk is full
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  let file: FileHandle;
  try {
    file = await open(temporary, 'wx');
  } catch (cause) {
    throw fileError(path, 'written', cause);
  }
  try {
    try {
      await file.writeFile(bytes);
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
