import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, PnnError } from '@pnn/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  FileError,
  loadNpy,
  loadSafetensors,
  readFileBytes,
  removeLeftovers,
  saveNpy,
  saveSafetensors,
  writeFileAtomically,
} from '../../src/node/index.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  return { ...original, open: vi.fn(original.open) };
});

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'pnn-files-'));
});

afterEach(async () => {
  await fs.rm(folder, { recursive: true });
});

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** Lets the next file opened write half of the bytes and then fail as a full disk does. */
function fillDiskDuringNextWrite(): void {
  const { open } = fs;
  vi.mocked(open).mockImplementationOnce(async (path, flags) => {
    const file = await open(path, flags);
    file.writeFile = async (data) => {
      const bytes = data as Uint8Array;
      await file.write(bytes.subarray(0, bytes.length / 2));
      throw systemError('ENOSPC');
    };
    return file;
  });
}

async function failure(promise: Promise<unknown>): Promise<FileError> {
  const error = await promise.then(
    () => expect.fail('the promise was fulfilled'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileError);
  expect(error).toBeInstanceOf(PnnError);
  return error as FileError;
}

describe('writeFileAtomically', () => {
  it('writes, and replaces what was there', async () => {
    const path = join(folder, 'file');
    await writeFileAtomically(path, Uint8Array.of(1, 2, 3));
    await writeFileAtomically(path, Uint8Array.of(4));
    expect(await readFileBytes(path)).toEqual(Uint8Array.of(4));
    expect(await fs.readdir(folder)).toEqual(['file']);
  });

  it('leaves the old content and nothing half-written when the disk is full', async () => {
    const path = join(folder, 'file');
    await writeFileAtomically(path, Uint8Array.of(1, 2, 3, 4));
    fillDiskDuringNextWrite();
    const error = await failure(writeFileAtomically(path, new Uint8Array(100)));
    expect(error.message).toBe(`${path}: cannot be written, since no space is left on the device`);
    expect(await readFileBytes(path)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(await fs.readdir(folder)).toEqual(['file']);
  });

  it('leaves nothing when the first write of a file fails', async () => {
    fillDiskDuringNextWrite();
    await failure(writeFileAtomically(join(folder, 'file'), new Uint8Array(100)));
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it('leaves nothing when the bytes do not reach the disk', async () => {
    const { open } = fs;
    vi.mocked(open).mockImplementationOnce(async (path, flags) => {
      const file = await open(path, flags);
      file.sync = () => Promise.reject(systemError('EIO'));
      return file;
    });
    const path = join(folder, 'file');
    const error = await failure(writeFileAtomically(path, new Uint8Array(100)));
    expect(error.message).toBe(`${path}: cannot be written, since EIO: simulated`);
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it('refuses a path that is a folder and leaves the folder as it was', async () => {
    const path = join(folder, 'inner');
    await fs.mkdir(path);
    await fs.writeFile(join(path, 'kept'), '');
    await failure(writeFileAtomically(path, new Uint8Array(9)));
    expect(await fs.readdir(folder)).toEqual(['inner']);
    expect(await fs.readdir(path)).toEqual(['kept']);
  });

  it('refuses a folder that does not exist', async () => {
    const path = join(folder, 'missing', 'file');
    const error = await failure(writeFileAtomically(path, new Uint8Array(9)));
    expect(error.message).toBe(`${path}: cannot be written, since its folder does not exist`);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a folder that is a file', async () => {
    await fs.writeFile(join(folder, 'file'), 'text');
    const path = join(folder, 'file', 'inner');
    const error = await failure(writeFileAtomically(path, new Uint8Array(9)));
    expect(error.message).toBe(`${path}: cannot be written, since a part of the path is not a folder`);
  });

  it('says so where permission is denied', async () => {
    vi.mocked(fs.open).mockRejectedValueOnce(systemError('EACCES'));
    const path = join(folder, 'file');
    const error = await failure(writeFileAtomically(path, new Uint8Array(9)));
    expect(error.message).toBe(`${path}: cannot be written, since permission is denied`);
  });

  it('takes names as long as the file system does', async () => {
    const path = join(folder, 'x'.repeat(255));
    await writeFileAtomically(path, Uint8Array.of(1));
    expect(await readFileBytes(path)).toEqual(Uint8Array.of(1));
  });

  it('keeps the writers of one path apart', async () => {
    const path = join(folder, 'file');
    const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i));
    await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
    const written = await readFileBytes(path);
    expect(written.length).toBe(100_000);
    expect(new Set(written).size).toBe(1);
    expect(await fs.readdir(folder)).toEqual(['file']);
  });
});

describe('readFileBytes', () => {
  it('reads exactly the content', async () => {
    const path = join(folder, 'file');
    await fs.writeFile(path, 'content');
    const bytes = await readFileBytes(path);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(new TextDecoder().decode(bytes)).toBe('content');
    await fs.writeFile(path, '');
    expect(await readFileBytes(path)).toEqual(new Uint8Array(0));
  });

  it('names a missing file, a folder and a file that may not be read', async () => {
    const path = join(folder, 'missing');
    expect((await failure(readFileBytes(path))).message).toBe(`${path}: cannot be read, since it does not exist`);
    expect((await failure(readFileBytes(folder))).message).toBe(`${folder}: cannot be read, since it is a folder`);
    vi.mocked(fs.open).mockRejectedValueOnce(systemError('EACCES'));
    expect((await failure(readFileBytes(path))).message).toBe(`${path}: cannot be read, since permission is denied`);
  });
});

describe('a file that the system does not read at once', () => {
  /** The next file is read a few bytes at a time, and whoever wants more than 2 GiB, or all of it, fails as with a large one. */
  function readSlowly(): { largest: number; reads: number } {
    const { open } = fs;
    const seen = { largest: 0, reads: 0 };
    vi.mocked(open).mockImplementationOnce(async (path, flags) => {
      const file = await open(path, flags);
      const read = file.read.bind(file) as (
        target: Uint8Array,
        offset: number,
        length: number,
        position: number,
      ) => Promise<{ bytesRead: number; buffer: Uint8Array }>;
      const slowly: typeof read = (target, offset, length, position) => {
        if (length >= 2 ** 31) throw systemError('ERR_OUT_OF_RANGE');
        seen.reads++;
        seen.largest = Math.max(seen.largest, target.length);
        return read(target, offset, Math.min(length, 1000), position);
      };
      file.read = slowly as typeof file.read;
      file.readFile = (() => Promise.reject(systemError('ERR_FS_FILE_TOO_LARGE'))) as typeof file.readFile;
      return file;
    });
    return seen;
  }

  const values = (count: number) => Float32Array.from({ length: count }, (_, i) => i - 7);
  const tensors = {
    a: { dtype: 'float32', shape: [1000, 3], data: values(3000) },
    b: { dtype: 'float64', shape: [500], data: Float64Array.from(values(500)) },
    c: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
    d: { dtype: 'int32', shape: [0], data: new Int32Array(0) },
  } as const;

  it('is read in parts, each straight to where it belongs', async () => {
    const path = join(folder, 'file.safetensors');
    await saveSafetensors(path, tensors);
    const seen = readSlowly();
    expect(Object.fromEntries((await loadSafetensors(path)).tensors)).toEqual(tensors);
    expect(seen.reads).toBeGreaterThan(16);
    // The largest part is the largest tensor, not the file.
    expect(seen.largest).toBe(12_000);
    await saveSafetensors(path, tensors, { storeFloat32As: 'bfloat16' });
    readSlowly();
    expect((await loadSafetensors(path)).tensors.get('b')).toEqual(tensors.b);
  });

  it('may be .npy, in any order of elements, or any bytes', async () => {
    const path = join(folder, 'file.npy');
    await saveNpy(path, tensors.a);
    readSlowly();
    expect(await loadNpy(path)).toEqual(tensors.a);
    readSlowly();
    const bytes = await readFileBytes(path);
    expect(bytes).toEqual(new Uint8Array(await fs.readFile(path)));
    const fortran = Buffer.from(bytes).toString('latin1').replace('False, ', 'True,  ');
    await fs.writeFile(path, fortran, 'latin1');
    readSlowly();
    const { data } = await loadNpy(path);
    expect([...data]).toEqual(Array.from(data, (_, i) => tensors.a.data[(i % 3) * 1000 + Math.floor(i / 3)]));
  });

  it('may have more than 2 GiB', async () => {
    const path = join(folder, 'file');
    const size = 2 ** 31 + 5;
    // The file has no bytes on the disk, and none of those in memory is touched.
    await fs.writeFile(path, '');
    await fs.truncate(path, size);
    const asked: [length: number, position: number][] = [];
    const { open } = fs;
    vi.mocked(open).mockImplementationOnce(async (path, flags) => {
      const file = await open(path, flags);
      file.read = (async (buffer: Uint8Array, _: number, length: number, position: number) => {
        asked.push([length, position]);
        return { bytesRead: length, buffer };
      }) as unknown as typeof file.read;
      return file;
    });
    expect((await readFileBytes(path)).length).toBe(size);
    expect(asked).toEqual([
      [2 ** 30, 0],
      [2 ** 30, 2 ** 30],
      [5, 2 ** 31],
    ]);
  });

  it('is refused where it becomes shorter meanwhile', async () => {
    const path = join(folder, 'file.npy');
    await saveNpy(path, tensors.a);
    const { open } = fs;
    vi.mocked(open).mockImplementationOnce(async (path, flags) => {
      const file = await open(path, flags);
      const stat = await file.stat();
      file.stat = (async () => stat) as unknown as typeof file.stat;
      await fs.truncate(path, 5000);
      return file;
    });
    const error = await failure(loadNpy(path));
    expect(error.message).toBe(`${path}: cannot be read, since it was cut off meanwhile`);
  });

  it('is written in parts that are no copies', async () => {
    const path = join(folder, 'file');
    const parts = [Uint8Array.of(1, 2), new Uint8Array(0), new Uint8Array(new SharedArrayBuffer(3)).fill(7)];
    await writeFileAtomically(path, parts);
    expect([...(await readFileBytes(path))]).toEqual([1, 2, 7, 7, 7]);
  });
});

describe('files of arrays', () => {
  const weight = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, 1e-40) } as const;
  const mask = { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) } as const;

  it('saves and loads .npy', async () => {
    const path = join(folder, 'weight.npy');
    await saveNpy(path, weight);
    expect(await loadNpy(path)).toEqual(weight);
  });

  it('saves and loads safetensors', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, { weight, mask }, { metadata: { format: 'pnn' } });
    const { tensors, metadata } = await loadSafetensors(path);
    expect(Object.fromEntries(tensors)).toEqual({ weight, mask });
    expect(metadata).toEqual({ format: 'pnn' });
  });

  it('names the path of a file in another format', async () => {
    const path = join(folder, 'file');
    await fs.writeFile(path, 'something else');
    await expect(loadNpy(path)).rejects.toThrow(FormatError);
    await expect(loadNpy(path)).rejects.toThrow(`${path}: not a NumPy array`);
    await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
    await expect(loadSafetensors(path)).rejects.toThrow(`${path}: a header of`);
  });

  it('writes nothing where the array is wrong', async () => {
    const wrong = { ...weight, shape: [5] };
    await expect(saveNpy(join(folder, 'a'), wrong)).rejects.toThrow(PnnError);
    await expect(saveSafetensors(join(folder, 'b'), { wrong })).rejects.toThrow('tensor "wrong"');
    expect(await fs.readdir(folder)).toEqual([]);
  });
});

describe('removeLeftovers', () => {
  it('removes temporary files that nobody has written to for a while, and nothing else', async () => {
    const old = new Date(Date.now() - 120_000);
    const kept = ['.0b9f5a52-3a63-4c2e-9d1b-2f6b8f3f2a10.tmp', '.hidden.tmp', 'network.tmp', 'network.safetensors'];
    const leftover = '.5d1c7c9e-8f5e-4a57-b0de-6d3a6a9c1f77.tmp';
    for (const name of [...kept, leftover]) await fs.writeFile(join(folder, name), 'part');
    for (const name of [...kept.slice(1), leftover]) await fs.utimes(join(folder, name), old, old);
    await removeLeftovers(folder, 60_000);
    expect((await fs.readdir(folder)).sort()).toEqual([...kept].sort());
  });

  it('knows the names that writeFileAtomically gives', async () => {
    const { open } = fs;
    let name = '';
    vi.mocked(open).mockImplementationOnce((path, flags) => {
      name = String(path);
      return open(path, flags);
    });
    await writeFileAtomically(join(folder, 'a'), new Uint8Array(3));
    const old = new Date(Date.now() - 120_000);
    await fs.writeFile(name, 'part');
    await fs.utimes(name, old, old);
    await removeLeftovers(folder, 60_000);
    expect(await fs.readdir(folder)).toEqual(['a']);
  });

  it('says which folder is not there', async () => {
    const path = join(folder, 'missing');
    expect((await failure(removeLeftovers(path, 1))).message).toContain(`${path}: cannot be read`);
  });
});
