import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError } from '@pnn/nn/node';

async function isWritableFolder(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Makes a folder and those above it that are missing. One attempt each, since Node's own recursive form never ends on
 * file systems that let nobody make folders.
 *
 * @throws FileError if a folder cannot be made, or not be written to
 */
export async function makeFolder(path: string, attempts = 2): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isWritableFolder(path))) return;
    if (code === 'ENOENT' && attempts > 1 && dirname(path) !== path) {
      await makeFolder(dirname(path));
      return makeFolder(path, attempts - 1);
    }
    const reason = code === 'EEXIST' ? 'it is no folder that can be written to' : message;
    throw new FileError(`${path} cannot be used as a folder (${reason}): choose another one`, { cause });
  }
}

/**
 * Makes a folder that nobody else has: with `-2`, `-3`, … behind its name if it is taken, even by a process that makes
 * one at this moment. Returns its path.
 *
 * @throws FileError if it cannot be made
 */
export async function makeNewFolder(path: string): Promise<string> {
  await makeFolder(dirname(path));
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    try {
      await mkdir(name);
      return name;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      throw new FileError(`${name} cannot be made (${message}): choose another folder`, { cause });
    }
  }
}

/** The time as part of a file name. */
export function timestamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}
