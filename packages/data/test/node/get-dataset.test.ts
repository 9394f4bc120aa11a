import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DatasetEntry, datasets, type PublishedFile } from '../../src/index.js';
import { DownloadError, getDataset } from '../../src/node/index.js';
import { tarGzOf, zipOf } from './archives.js';
import { breaksOffAfter, UnreliableServer } from './unreliable-server.js';

/** What breaks off under a busy machine may lose all that came: that only costs another attempt. */
const patience = { retryDelay: 1, attempts: 10_000 };

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const plain = new TextEncoder().encode('plain');
const inner = zipOf([{ name: 'data/x.txt', content: 'x' }]);

let directory = '';
let server: UnreliableServer;
let entry: DatasetEntry;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pnn-get-'));
  const content = new Map([
    ['plain', plain],
    [
      'set.tar.gz',
      await tarGzOf([
        { name: 'set/a.txt', content: 'a'.repeat(500) },
        { name: 'set/b.txt', content: 'b' },
      ]),
    ],
    [
      'outer.zip',
      zipOf([
        { name: 'inner.zip', content: inner },
        { name: 'readme', content: 'r' },
      ]),
    ],
  ]);
  server = await UnreliableServer.open(content, breaksOffAfter(50));
  const file = (name: string, archive?: PublishedFile['archive']): PublishedFile => ({
    name,
    addresses: [server.of(name)],
    ...(name !== 'plain' && { sha256: sha256Of(content.get(name)!) }),
    ...(archive && { archive }),
  });
  entry = {
    name: 'own',
    summary: 'for tests',
    published: [
      file('plain'),
      file('set.tar.gz', { format: 'tar.gz', maxBytes: 1000, strip: 1 }),
      file('outer.zip', {
        format: 'zip',
        maxBytes: 1000,
        inner: { name: 'inner.zip', sha256: sha256Of(inner), archive: { format: 'zip', maxBytes: 10 } },
      }),
    ],
    load: () => expect.unreachable(),
  };
});

afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

const visible = async () => (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();

describe('getDataset', () => {
  test('downloads and unpacks all files, in spite of the server, and leaves them alone the next time', async () => {
    const got = await getDataset(entry, directory, patience);
    expect(got).toEqual([
      { name: 'plain', wasThere: false, verified: 'size', unpacked: undefined },
      { name: 'set.tar.gz', wasThere: false, verified: 'sha256', unpacked: 2 },
      { name: 'outer.zip', wasThere: false, verified: 'sha256', unpacked: 2 },
    ]);
    expect(await visible()).toEqual(['a.txt', 'b.txt', 'data', 'plain', 'readme']);
    expect(await readFile(join(directory, 'data/x.txt'), 'utf8')).toBe('x');
    const count = server.asked.length;
    const again = await getDataset(entry, directory);
    expect(again.map(({ wasThere, unpacked }) => [wasThere, unpacked])).toEqual([
      [true, undefined],
      [true, 2],
      [true, 2],
    ]);
    expect(server.asked).toHaveLength(count);
  });

  test('gets an archive again if a file of it is missing or has other bytes', async () => {
    await getDataset(entry, directory, patience);
    await writeFile(join(directory, 'a.txt'), 'shorter');
    const [, archive] = await getDataset(entry, directory, patience);
    expect(archive).toMatchObject({ name: 'set.tar.gz', wasThere: false });
    expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe('a'.repeat(500));
  });

  test('keeps what it has when it is interrupted', async () => {
    const abort = new AbortController();
    const options = { ...patience, signal: abort.signal, onUnpacked: () => abort.abort() };
    await expect(getDataset(entry, directory, options)).rejects.toThrow(DownloadError);
    expect(await visible()).toContain('set.tar.gz');
    const count = server.asked.filter(({ path }) => path === '/set.tar.gz').length;
    await getDataset(entry, directory, patience);
    expect(server.asked.filter(({ path }) => path === '/set.tar.gz')).toHaveLength(count);
    expect(await visible()).toEqual(['a.txt', 'b.txt', 'data', 'plain', 'readme']);
  });

  test('refuses data sets that are not published', async () => {
    await expect(getDataset(datasets.get('csv'), directory)).rejects.toThrow(
      new ArgumentError('the data set csv has no files to download: they are your own, or there are none'),
    );
  });
});

test('what is published has addresses, and checksums that can be ones', () => {
  for (const { name, published } of datasets.entries()) {
    for (const { addresses, bytes, sha256, name: file } of published ?? []) {
      expect(addresses.length, name).toBeGreaterThan(0);
      for (const address of addresses) expect(new URL(address).protocol, address).toMatch(/^https?:$/);
      if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      else
        expect(
          addresses.every((address) => address.startsWith('https:')),
          file,
        ).toBe(true);
      if (bytes !== undefined) expect(Number.isSafeInteger(bytes)).toBe(true);
    }
  }
});

const data = process.env.PNN_DATA;
test.runIf(data !== undefined)('the published checksums are those of the files', async () => {
  for (const name of ['mnist', 'fashion-mnist']) {
    for (const { name: file, sha256, bytes } of datasets.get(name).published!) {
      const content = await readFile(join(data!, name, file));
      expect([content.length, sha256Of(content)]).toEqual([bytes, sha256]);
    }
  }
});
