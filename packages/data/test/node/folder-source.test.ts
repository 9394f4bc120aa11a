import * as fs from 'node:fs/promises';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@pnn/nn';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { folder } from '../../src/node/index.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  return { ...original, open: vi.fn(original.open) };
});

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) % 251);

let path = '';

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'pnn-folder-'));
  await writeFile(join(path, 'a'), bytes);
});

afterEach(() => rm(path, { recursive: true }));

describe('folder', () => {
  test('asks the system for less than 2 GiB at once, which is all that it reads', async () => {
    const size = 2 ** 31 + 5;
    // The file has no bytes on the disk, and none of those in memory is touched.
    await truncate(join(path, 'a'), size);
    const lengths: number[] = [];
    const { open } = fs;
    vi.mocked(open).mockImplementationOnce(async (name, flags) => {
      const file = await open(name, flags);
      file.read = (async (buffer: Uint8Array, offset = 0, length = buffer.length - offset) => {
        lengths.push(length);
        return { bytesRead: length, buffer };
      }) as unknown as typeof file.read;
      return file;
    });
    expect((await folder(path).read('a', size))?.length).toBe(size);
    expect(lengths).toEqual([2 ** 30, 2 ** 30, 5]);
  });

  test('gives the bytes of its files, as what is promised and no Buffer', async () => {
    const source = folder(path);
    const read = await source.read('a', 1000);
    expect(read).toEqual(bytes);
    expect(read?.constructor).toBe(Uint8Array);
    expect(source.description).toBe(`the folder '${path}'`);
    expect(source.pathOf('a')).toBe(join(path, 'a'));
    await writeFile(join(path, 'empty'), '');
    expect(await source.read('empty', 1000)).toEqual(new Uint8Array(0));
  });

  test('has no file where there is none, and none where there is no folder', async () => {
    expect(await folder(path).read('b', 1000)).toBeUndefined();
    expect(await folder(join(path, 'b')).read('a', 1000)).toBeUndefined();
    expect(await folder(join(path, 'a')).read('a', 1000)).toBeUndefined();
  });

  test('reads to the memory that it is lent', async () => {
    const memory = new Uint8Array(1003).fill(255);
    const asked: number[] = [];
    const read = await folder(path).read('a', 1000, (length) => {
      asked.push(length);
      return memory.subarray(3, 3 + length);
    });
    expect(asked).toEqual([1000]);
    expect(read).toEqual(bytes);
    expect([read?.buffer, read?.byteOffset]).toEqual([memory.buffer, 3]);
    expect([...memory.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  test('refuses files that are too large, what is no file, and paths that are none', async () => {
    await expect(folder(path).read('a', 999)).rejects.toThrow(
      new FormatError(`${join(path, 'a')} has 1000 bytes, more than any file of the data set`),
    );
    await mkdir(join(path, 'b'));
    await expect(folder(path).read('b', 1000)).rejects.toThrow(new ArgumentError(`${join(path, 'b')} is not a file`));
    await expect(folder(path).read('a\0b', 1000)).rejects.toThrow('cannot be read (');
    await expect(folder(path).read('a\0b', 1000)).rejects.toThrow(ArgumentError);
  });
});
