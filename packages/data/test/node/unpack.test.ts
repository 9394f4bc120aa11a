import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, PnnError } from '@pnn/nn';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { type UnpackOptions, unpackArchive } from '../../src/node/index.js';
import { type ArchiveEntry, tarGzOf, zipOf } from './archives.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pnn-unpack-'));
});
afterEach(() => rm(directory, { recursive: true }));

const formats = ['zip', 'tar.gz'] as const;

const archiveOf = (format: (typeof formats)[number], entries: readonly ArchiveEntry[]) =>
  format === 'zip' ? zipOf(entries) : tarGzOf(entries);

/** Unpacks bytes to the folder `out`, and lists what is there. */
async function unpack(format: (typeof formats)[number], bytes: Uint8Array, options: Partial<UnpackOptions> = {}) {
  const path = join(directory, 'archive');
  await writeFile(path, bytes);
  const unpacked = await unpackArchive(path, join(directory, 'out'), { format, maxBytes: 1e6, ...options });
  return unpacked.map(({ name, bytes: size }) => `${name} ${size}`);
}

const files: readonly ArchiveEntry[] = [
  { name: 'set/a.bin', content: 'aaa'.repeat(1000) },
  { name: './set/deep/b.txt', content: 'b' },
  { name: 'set/empty', content: '' },
];

describe.each(formats)('unpackArchive: %s', (format) => {
  test('writes the files, without the folders that are left out', async () => {
    const archive = await archiveOf(format, files);
    expect(await unpack(format, archive)).toEqual(['set/a.bin 3000', 'set/deep/b.txt 1', 'set/empty 0']);
    expect(await readFile(join(directory, 'out/set/a.bin'), 'utf8')).toBe('aaa'.repeat(1000));
    expect(await unpack(format, archive, { strip: 1 })).toEqual(['a.bin 3000', 'deep/b.txt 1', 'empty 0']);
    expect((await readdir(join(directory, 'out'))).sort()).toEqual(['a.bin', 'deep', 'empty', 'set']);
  });

  test.each(['../a', 'set/../../a', '/etc/a', 'C:/a', 'set\\..\\..\\a'])(
    'never leaves the folder: %s',
    async (name) => {
      const archive = await archiveOf(format, [{ name, content: 'x' }]);
      await expect(unpack(format, archive)).rejects.toThrow(FormatError);
      expect(await readdir(directory)).toEqual(['archive']);
    },
  );

  test('refuses more bytes than there should be, before they are written', async () => {
    await expect(unpack(format, await archiveOf(format, files), { maxBytes: 2999 })).rejects.toThrow(
      `unpacks to more than 2999 bytes, the most that it should hold`,
    );
    expect(await readdir(join(directory, 'out/set'))).toEqual([]);
  });

  test('refuses archives that end too early, hold nothing, or are something else', async () => {
    const archive = await archiveOf(format, files);
    for (const bytes of [archive.subarray(0, archive.length - 30), archive.subarray(0, 60), Uint8Array.of(1, 2, 3)]) {
      await expect(unpack(format, bytes)).rejects.toThrow(`is a damaged ${format} file (`);
    }
    await expect(unpack(format, await archiveOf(format, []))).rejects.toThrow('holds no file');
  });

  test('unpacks changed archives to what they hold now, or refuses them by a sentence', async () => {
    const archive = await archiveOf(format, files);
    await fc.assert(
      fc.asyncProperty(fc.array(mutations, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = changes.reduce((each, mutate) => mutate(each), archive);
        const error: unknown = await unpack(format, bytes).then(
          () => undefined,
          (each: unknown) => each,
        );
        if (error !== undefined) {
          expect(error).toBeInstanceOf(PnnError);
          expect((error as Error).message).not.toContain('\n');
        }
        expect((await readdir(directory)).sort()).toEqual(expect.arrayContaining(['archive']));
        expect((await readdir(directory)).filter((name) => name !== 'archive' && name !== 'out')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

test('links are refused', async () => {
  const link = { header: { name: 'a', type: 'symlink' as const, linkname: '/etc', size: 0 } };
  await expect(unpack('tar.gz', await tarGzOf([link]))).rejects.toThrow(
    "has 'a', which is neither a file nor a folder",
  );
  const inZip = zipOf([{ name: 'a', content: '/etc', mode: 0o120777 }]);
  await expect(unpack('zip', inZip)).rejects.toThrow("has 'a', which is neither a file nor a folder");
});
