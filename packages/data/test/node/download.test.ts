import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DownloadError, type Downloaded, type DownloadOptions, downloadFile } from '../../src/node/index.js';
import {
  answers,
  type Behavior,
  breaksOffAfter,
  ignoresRange,
  inTurn,
  UnreliableServer,
  wellBehaved,
} from './unreliable-server.js';

const generator = new Generator(1, 'download');
const content = Uint8Array.from({ length: 300_000 }, () => generator.integer(256));
const sha256 = createHash('sha256').update(content).digest('hex');
const other = content.slice();
other[123_456]! ^= 1;

let directory = '';
const servers: UnreliableServer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pnn-download-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(directory, { recursive: true });
});

async function serve(behavior: Behavior, file = content): Promise<UnreliableServer> {
  const server = await UnreliableServer.open(new Map([['file', file]]), behavior);
  servers.push(server);
  return server;
}

const path = () => join(directory, 'file');
const partial = () => join(directory, 'file.part');

function download(from: readonly UnreliableServer[], options: Partial<DownloadOptions> = {}): Promise<Downloaded> {
  const addresses = from.map((server) => server.of('file'));
  return downloadFile({ addresses, path: path(), sha256, retryDelay: 1, ...options });
}

async function expectComplete(): Promise<void> {
  expect(Buffer.compare(await readFile(path()), content)).toBe(0);
  expect(await readdir(directory)).toEqual(['file']);
}

const without = { sha256: undefined };

describe('downloadFile', () => {
  test('gets a file, tells how far it is, and leaves it alone when it is there', async () => {
    const server = await serve(wellBehaved);
    const told: number[] = [];
    const onProgress: DownloadOptions['onProgress'] = ({ received, resumed, total }) => {
      told.push(received);
      expect([resumed, total]).toEqual([0, content.length]);
    };
    expect(await download([server], { onProgress })).toEqual({ verified: 'sha256', wasThere: false });
    await expectComplete();
    expect(told.at(-1)).toBe(content.length);
    expect(await download([server])).toEqual({ verified: 'sha256', wasThere: true });
    expect(server.asked).toHaveLength(1);
  });

  test.each([{ sha256 }, without])('asks for the rest alone wherever a server breaks off: %j', async (options) => {
    const server = await serve(breaksOffAfter(70_000));
    // A busy machine may lose what came before the end: that only costs another attempt.
    expect(await download([server], { ...options, attempts: 10_000 })).toMatchObject({
      verified: options.sha256 ? 'sha256' : 'size',
    });
    await expectComplete();
    const starts = server.asked.map(({ range }) => (range === undefined ? 0 : Number(/\d+/.exec(range)![0])));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.length).toBeGreaterThanOrEqual(4);
    expect(starts.at(-1)).toBeGreaterThanOrEqual(content.length - 70_000);
  });

  test('goes on where an earlier call was interrupted', async () => {
    const slow: Behavior = (_, response, file) => {
      response.writeHead(200, { 'content-length': file.length, etag: '"1"' }).write(file.subarray(0, 100_000));
    };
    const server = await serve(inTurn(slow, wellBehaved));
    const abort = new AbortController();
    const onProgress = ({ received }: { received: number }) => received >= 100_000 && abort.abort();
    const interrupted = download([server], { ...without, signal: abort.signal, onProgress });
    await expect(interrupted).rejects.toThrow(
      new DownloadError(`${path()}: interrupted; the next call goes on from what is there`),
    );
    const resumed: number[] = [];
    await download([server], { ...without, onProgress: (progress) => resumed.push(progress.resumed) });
    await expectComplete();
    expect(server.asked[1]).toEqual({ path: '/file', range: 'bytes=100000-', ifRange: '"1"' });
    expect(resumed[0]).toBe(100_000);
  });

  test('starts over where the server has another version meanwhile, or takes no notice of the part', async () => {
    for (const behavior of [wellBehaved, ignoresRange]) {
      await writeFile(partial(), other.subarray(0, 200_000));
      await writeFile(`${partial()}.version`, '"0"');
      const server = await serve(behavior);
      await download([server], without);
      await expectComplete();
      expect(server.asked[0]).toMatchObject({ range: 'bytes=200000-', ifRange: '"0"' });
      await rm(path());
    }
  });

  test('starts over where nothing tells which version the part is of', async () => {
    await writeFile(partial(), other.subarray(0, 200_000));
    const server = await serve(wellBehaved);
    await download([server], without);
    await expectComplete();
    expect(server.asked).toEqual([{ path: '/file', range: undefined, ifRange: undefined }]);
  });

  test('takes a part that is complete, and throws away one that is too long', async () => {
    for (const part of [content, Buffer.concat([content, content])]) {
      await writeFile(partial(), part);
      await download([await serve(wellBehaved)]);
      await expectComplete();
      await rm(path());
    }
  });

  test('starts over once where the checksum is wrong, then tries the mirror', async () => {
    await writeFile(partial(), other.subarray(0, 200_000));
    const server = await serve(wellBehaved);
    await download([server]);
    await expectComplete();
    expect(server.asked.map(({ range }) => range)).toEqual(['bytes=200000-', undefined]);
    await rm(path());
    const [corrupt, mirror] = [await serve(wellBehaved, other), await serve(wellBehaved)];
    await download([corrupt, mirror]);
    await expectComplete();
    expect([corrupt.asked.length, mirror.asked.length]).toEqual([2, 1]);
    await rm(path());
    await expect(download([corrupt])).rejects.toThrow(
      /it sends bytes with the SHA-256 [0-9a-f]{64}, and .* is published$/,
    );
    expect(await readdir(directory)).toEqual([]);
  });

  test('tries again after errors that pass, and a mirror after those that do not', async () => {
    const shaky = await serve(inTurn(answers(503), answers(429), (_, response) => response.destroy(), wellBehaved));
    await download([shaky]);
    await expectComplete();
    await rm(path());
    const [gone, mirror] = [await serve(answers(404)), await serve(wellBehaved)];
    await download([gone, mirror]);
    await expectComplete();
    expect(gone.asked).toHaveLength(1);
  });

  test('gives up where nothing new comes, and says why, address by address', async () => {
    const [broken, gone] = [await serve(answers(500)), await serve(answers(403))];
    await expect(download([broken, gone], { attempts: 3 })).rejects.toThrow(
      new DownloadError(
        `${path()} cannot be downloaded: ${broken.of('file')}: the server answers 500 Internal Server Error; ${gone.of('file')}: the server answers 403 Forbidden`,
      ),
    );
    expect(broken.asked).toHaveLength(3);
    const truncating: Behavior = (_, response, file) => {
      response.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 10), () => response.destroy());
    };
    await expect(download([await serve(truncating)], { attempts: 3 })).rejects.toThrow(DownloadError);
  });

  test('ends an attempt that gets nothing for long', async () => {
    const silent: Behavior = (_, response, file) => {
      response.writeHead(200, { 'content-length': file.length }).flushHeaders();
    };
    await expect(download([await serve(silent)], { attempts: 2, stallTimeout: 50 })).rejects.toThrow(
      'nothing came for 0.05 s',
    );
  });

  test('refuses other lengths than the published one', async () => {
    const server = await serve(wellBehaved);
    await expect(download([server], { bytes: 299_999 })).rejects.toThrow(
      'the server has 300000 bytes, and 299999 are published',
    );
    const endless: Behavior = (_, response, file) => {
      response.writeHead(200);
      response.end(file);
    };
    await expect(download([await serve(endless)], { ...without, bytes: 1000 })).rejects.toThrow(
      'the server sends more than the 1000 bytes that the file has',
    );
    expect(await download([await serve(endless)], without)).toMatchObject({ verified: 'nothing' });
  });

  test('leaves another file of that name alone', async () => {
    await writeFile(path(), 'mine');
    await expect(download([await serve(wellBehaved)])).rejects.toThrow(
      new FileError(`${path()} is there already and is not the published file: move it away and call again`),
    );
    expect(await readFile(path(), 'utf8')).toBe('mine');
  });

  test('says that nobody is there', async () => {
    const server = await serve(wellBehaved);
    const address = server.of('file');
    await server.close();
    servers.length = 0;
    const options = { addresses: [address], path: path(), sha256, attempts: 2, retryDelay: 1 };
    await expect(downloadFile(options)).rejects.toThrow(/cannot be downloaded: .*ECONNREFUSED/);
  });

  test('gets the file, or says what is wrong, whatever a server does', async () => {
    const behaviors: fc.Arbitrary<Behavior> = fc.oneof(
      fc.integer({ min: 1000, max: 200_000 }).map(breaksOffAfter),
      fc.constantFrom(wellBehaved, ignoresRange, answers(500), answers(416), answers(404)),
      fc.constant<Behavior>((request, response, _, next) => wellBehaved(request, response, other, next)),
      fc.nat({ max: 300_000 }).map(
        (start): Behavior =>
          (_, response, file) => {
            response
              .writeHead(206, { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` })
              .end(file.subarray(start));
          },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(behaviors, { minLength: 1, maxLength: 5 }), async (turns) => {
        const server = await serve(inTurn(...turns));
        const error: unknown = await download([server], { attempts: 3 }).then(
          () => undefined,
          (each: unknown) => each,
        );
        if (error === undefined) await expectComplete();
        else {
          expect(error).toBeInstanceOf(DownloadError);
          expect(await readdir(directory)).not.toContain('file');
        }
        for (const name of await readdir(directory)) await rm(join(directory, name));
      }),
      { numRuns: 40 },
    );
  });
});
