import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasets } from '@pnn/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnreliableServer, wellBehaved } from '../../../data/test/node/unreliable-server.js';
import { runCommand } from '../../src/cli/command.js';
import { UsageError } from '../../src/cli/options.js';
import { data } from '../../src/commands/data.js';
import { addressOf, Call } from './call.js';

let folder: string;
let server: UnreliableServer;
const content = new Uint8Array(200_000).fill(7);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-data-'));
  server = await UnreliableServer.open(new Map([['a.bin', content]]), (request, response, bytes, next) => {
    // The first request is never answered to its end.
    if (next > 0) wellBehaved(request, response, bytes, next);
    else response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).write(bytes.subarray(0, 50_000));
  });
  await writeFile(
    join(folder, 'own.mjs'),
    `import { datasets } from '${addressOf('data')}';
datasets.register({
  name: 'own',
  summary: 'for tests',
  published: [{ name: 'a.bin', addresses: ['${server.of('a.bin')}'] }],
  load: async () => {},
});
`,
  );
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function printed(...args: string[]): Promise<string> {
  let text = '';
  expect(await runCommand(data, args, { write: (part) => (text += part) })).toBe(0);
  return text;
}

describe('pnn data list', () => {
  it('tells every data set, what it takes, and what can be chosen', async () => {
    const text = await printed('list');
    for (const name of datasets.names()) expect(text).toMatch(new RegExp(`^${name}: `, 'm'));
    expect(text).toContain(
      'mnist: 70,000 gray images of handwritten digits, 28x28, [1,28,28]\n  pnn data get mnist, 11.6 MB\n',
    );
    expect(text).toContain('  labels=NAME: fine (default) or coarse\n');
    expect(text).toContain('  no files are needed\n');
  });
});

describe('pnn data get', () => {
  it('is interrupted by Ctrl-C, goes on, and says what it has compared', async () => {
    const args = ['data', 'get', 'own', '--import', join(folder, 'own.mjs'), '--to', join(folder, "it's here")];
    const call = new Call(args);
    while (!(await readdir(join(folder, "it's here")).catch((): string[] => [])).includes('a.bin.part')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const interrupted = await call.interrupt();
    expect(interrupted).toMatchObject({ status: 130, stderr: '' });
    expect(interrupted.stdout).toContain('interrupted; the next call goes on from what is there');
    const { status, stdout, stderr } = await new Call(args).result;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      `a.bin: as many bytes as there should be; no checksum of it is known\nTrain with: pnn train --dataset own --data '${folder}/it'\\''s here'\n`,
    );
    expect(await readdir(join(folder, "it's here"))).toEqual(['a.bin']);
  });

  it.each([
    ['', 'list or get is needed'],
    ['get', 'get needs the name of a data set'],
    ['put mnist', "'put' is neither list nor get"],
    ['get imagenet', "no data set is called 'imagenet'; there are digits, mnist, "],
    ['get mnist cifar10', "'cifar10' is not expected"],
  ])('refuses %j', async (call, problem) => {
    const error: unknown = await runCommand(data, call.split(' ').filter(Boolean), { write: () => {} }).catch((e) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message.startsWith(`pnn data: ${problem}`), (error as Error).message).toBe(true);
  });

  it('says that there is nothing to download', async () => {
    await expect(runCommand(data, ['get', 'digits'], { write: () => {} })).rejects.toThrow(
      'pnn data get: the data set digits has no files to download: they are your own, or there are none',
    );
  });
});
