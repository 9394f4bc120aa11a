import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, readFileBytes } from '@pnn/nn/node';
import type { Decoder } from '@pnn/pnn/codec';
import { journalLine, parseJournal } from './line.js';

const EXTENSION = '.jsonl';

/**
 * Appends to a journal. A journal is a folder of files, and every writer has a file of its own: so that lines of several
 * processes never mix, not even on a network file system, and a line that a crash has torn stays the last of its file.
 */
export class JournalWriter {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Makes the file with the first entry. */
  constructor(folder: string) {
    this.#path = join(folder, `${randomUUID()}${EXTENSION}`);
  }

  /**
   * Appends an entry and waits until it is on the disk.
   *
   * @throws FileError if it cannot be written
   */
  append(entry: unknown): Promise<void> {
    // One after the other, also if nobody has waited for the one before or it failed.
    this.#last = this.#last.catch(() => undefined).then(() => this.#write(journalLine(entry)));
    return this.#last;
  }

  async #write(line: string): Promise<void> {
    try {
      this.#file ??= open(this.#path, 'ax');
      const file = await this.#file;
      await file.appendFile(line);
      await file.sync();
    } catch (cause) {
      throw new FileError(`${this.#path}: the journal cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    const file = await this.#file?.catch(() => undefined);
    this.#file = undefined;
    await file?.close();
  }
}

/**
 * All entries of a journal, in the order in which each writer made them.
 *
 * @throws FileError if the folder or a file cannot be read
 * @throws FormatError if a line other than the last of a file is damaged, or an entry is not what the decoder expects
 */
export async function readJournal<T>(folder: string, decode: Decoder<T>): Promise<T[]> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new FileError(`${folder}: the journal cannot be read: ${cause.message}`, { cause });
  });
  const entries: T[] = [];
  for (const name of names.filter((each) => each.endsWith(EXTENSION)).sort()) {
    const path = join(folder, name);
    entries.push(...parseJournal(new TextDecoder().decode(await readFileBytes(path)), decode, path));
  }
  return entries;
}
