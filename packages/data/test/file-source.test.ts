import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { type DataFileRequest, readDataFile } from '../src/file-source.js';
import { type FileSource, filesInMemory, type LendMemory } from '../src/index.js';

const bytes = Uint8Array.of(5, 6, 7);
const compressed = Uint8Array.from(gzipSync(bytes));

function request(source: FileSource): DataFileRequest {
  return { dataset: 'own', source, names: ['a.gz', 'a'], advice: 'put it there' };
}

const read = (files: Readonly<Record<string, Uint8Array>>) =>
  readDataFile(request(filesInMemory(new Map(Object.entries(files)))));

describe('filesInMemory', () => {
  test('gives the bytes themselves, and undefined for what it has not', async () => {
    const source = filesInMemory(new Map([['a', bytes]]));
    expect(await source.read('a', 3)).toBe(bytes);
    expect(await source.read('b', 3)).toBeUndefined();
    expect([source.description, source.pathOf('a')]).toEqual(['memory', 'a']);
    expect(filesInMemory(new Map(), 'the page').description).toBe('the page');
  });

  test('refuses files that are too large', async () => {
    await expect(filesInMemory(new Map([['a', bytes]])).read('a', 2)).rejects.toThrow(
      new FormatError('a has 3 bytes, more than any file of the data set'),
    );
  });
});

describe('readDataFile', () => {
  test('reads the first of the names that is there, decompressed by what it holds', async () => {
    expect(await read({ a: bytes })).toEqual({ path: 'a', bytes });
    expect(await read({ a: compressed })).toEqual({ path: 'a', bytes });
    expect(await read({ 'a.gz': compressed, a: Uint8Array.of(1) })).toEqual({ path: 'a.gz', bytes });
    // A browser has decompressed it on the way.
    expect(await read({ 'a.gz': bytes })).toEqual({ path: 'a.gz', bytes });
    expect(await read({ a: new Uint8Array(0) })).toEqual({ path: 'a', bytes: new Uint8Array(0) });
  });

  test('reads files that a page downloads while they are asked for', async () => {
    const asked: string[] = [];
    const page: FileSource = {
      description: 'https://example.org/data',
      pathOf: (name) => `https://example.org/data/${name}`,
      async read(name) {
        asked.push(name);
        const response = name === 'a' ? new Response(bytes) : new Response(null, { status: 404 });
        return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
      },
    };
    expect(await readDataFile(request(page))).toEqual({ path: 'https://example.org/data/a', bytes });
    expect(asked).toEqual(['a.gz', 'a']);
    await expect(readDataFile({ ...request(page), names: ['b'] })).rejects.toThrow(
      new ArgumentError('own: https://example.org/data has no file b: put it there'),
    );
  });

  test('looks into folders for what is not outside of them, and lists all that it looked for', async () => {
    const asked = { names: ['a.gz', 'a'], folders: ['raw', 'SET/raw'] };
    const of = (files: Readonly<Record<string, Uint8Array>>) =>
      readDataFile({ ...request(filesInMemory(new Map(Object.entries(files)))), ...asked });
    expect(await of({ 'raw/a': bytes })).toEqual({ path: 'raw/a', bytes });
    expect(await of({ 'SET/raw/a.gz': compressed, 'raw/a': Uint8Array.of(1) })).toMatchObject({ path: 'raw/a' });
    expect(await of({ 'SET/raw/a.gz': compressed })).toEqual({ path: 'SET/raw/a.gz', bytes });
    expect(await of({ a: bytes, 'raw/a.gz': Uint8Array.of(1) })).toEqual({ path: 'a', bytes });
    await expect(of({})).rejects.toThrow(
      new ArgumentError('own: memory has no file a.gz or a, nor has its folder raw or SET/raw: put it there'),
    );
    const names = ['a', 'b', 'c'];
    await expect(readDataFile({ ...request(filesInMemory(new Map())), names })).rejects.toThrow(
      new ArgumentError('own: memory has no file a, b or c: put it there'),
    );
  });

  test('names the data set in errors of the source, and lets others pass', async () => {
    const failing = (error: Error): FileSource => ({
      ...filesInMemory(new Map()),
      read: () => Promise.reject(error),
    });
    const [wrong, large, broken] = [new ArgumentError('it is'), new FormatError('too much'), new TypeError('offline')];
    await expect(readDataFile(request(failing(wrong)))).rejects.toThrow(new ArgumentError('own: it is'));
    await expect(readDataFile(request(failing(wrong)))).rejects.toHaveProperty('cause', wrong);
    await expect(readDataFile(request(failing(large)))).rejects.toThrow(new FormatError('own: too much'));
    await expect(readDataFile(request(failing(broken)))).rejects.toBe(broken);
  });

  test('lends memory to the source, which need not take it', async () => {
    const memory = () => new Uint8Array(10);
    const source = filesInMemory(new Map([['a', bytes]]));
    let lent: LendMemory | undefined;
    const spy: FileSource = {
      ...source,
      read(name, maxBytes, given) {
        lent = given;
        return source.read(name, maxBytes, given);
      },
    };
    expect((await readDataFile({ ...request(spy), memory })).bytes).toBe(bytes);
    expect(lent).toBe(memory);
  });
});
