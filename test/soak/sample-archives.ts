import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackArchive } from '@pnn/data/node';
import { tarGzOf, zipOf } from '../../packages/data/test/node/archives.js';
import type { Sample } from './sample-files.js';

const entries = [
  { name: 'set/a.bin', content: 'aaa'.repeat(20) },
  { name: 'b', content: 'b' },
];

/** Small archives of both formats, which are unpacked in the folder. */
export async function archiveSamples(folder: string): Promise<readonly Sample[]> {
  const archives = [
    ['zip', zipOf(entries)],
    ['tar.gz', await tarGzOf(entries)],
  ] as const;
  return archives.map(([format, bytes]) => ({
    name: `archive.${format}`,
    bytes,
    read: async (mutated) => {
      const path = join(folder, `archive.${format}`);
      const out = join(folder, 'unpacked');
      const before = await readdir(folder);
      await writeFile(path, mutated);
      try {
        await unpackArchive(path, out, { format, maxBytes: 1e6 });
      } finally {
        await rm(out, { recursive: true, force: true });
        await rm(path);
      }
      const after = await readdir(folder);
      return after.join() === before.join() ? undefined : `files are outside of its folder: ${after.join()}`;
    },
  }));
}
