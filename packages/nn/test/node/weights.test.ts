import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisposedError, FormatError, type HostArray, normal, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchNorm1d, Linear, Polynomial, Sequential } from '../../src/layers/index.js';
import { FileError, loadSafetensors, loadWeights, saveSafetensors, saveWeights } from '../../src/node/index.js';
import { StateDictError, toHostArrays } from '../../src/state-dict.js';
import { bitsOf } from '../trained-parameters.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-weights-'));
  path = join(folder, 'net.safetensors');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const network = (features = 2) =>
  new Sequential(
    new Linear(3, features),
    new BatchNorm1d(features),
    new Polynomial({ basis: 'even-odd', even: [0.5, 0.25], odd: [1] }, { bound: 3, learnable: true }),
  );

/** A network whose whole state has left its beginnings. */
function trained(): Sequential {
  const net = network();
  scope(() => {
    for (const parameter of net.parameters()) parameter.assign(normal(parameter.shape));
    net.forward(normal([4, 3]));
  });
  return net;
}

const bitsIn = (net: Sequential) => new Map([...net.stateDict()].map(([name, value]) => [name, bitsOf(value)]));

describe('saveWeights and loadWeights', () => {
  it('bring back every bit of parameters and buffers, and the metadata', async () => {
    const net = trained();
    await saveWeights(path, net, { metadata: { epoch: '3' } });
    const fresh = network();
    expect(bitsIn(fresh)).not.toEqual(bitsIn(net));
    expect(await loadWeights(path, fresh)).toEqual({ epoch: '3' });
    expect(bitsIn(fresh)).toEqual(bitsIn(net));
    await saveWeights(path, net);
    expect(await loadWeights(path, fresh)).toEqual({});
    expect(await readdir(folder)).toEqual(['net.safetensors']);
  });

  it('name the file and all that does not fit, and change nothing', async () => {
    await saveWeights(path, trained());
    const other = network(4);
    const before = bitsIn(other);
    await expect(loadWeights(path, other)).rejects.toThrow(StateDictError);
    await expect(loadWeights(path, other)).rejects.toThrow(
      `${path}: loadStateDict: 0.weight is float32 [2,3] instead of float32 [4,3]; 0.bias is float32 [2]`,
    );
    expect(bitsIn(other)).toEqual(before);
    const fewer = new Sequential(new Linear(3, 2, { bias: false }));
    await expect(loadWeights(path, fewer)).rejects.toThrow(/unexpected: .*0\.bias/);
    await loadWeights(path, fewer, { strict: false });
    expect(bitsIn(fewer).get('0.weight')).toBe(bitsOf((await loadedTensors()).get('0.weight')!));
    const more = new Sequential(...Array.from({ length: 4 }, () => new Linear(3, 2)));
    await expect(loadWeights(path, more)).rejects.toThrow('missing: 1.weight, 1.bias');
  });

  async function loadedTensors(): Promise<Map<string, Tensor>> {
    const { tensors } = await loadSafetensors(path);
    return new Map([...tensors].map(([name, { data, shape }]) => [name, tensor(data, { shape })]));
  }

  it('refuse every file that was cut off, and what is no such file', async () => {
    await saveWeights(path, trained());
    const whole = await readFile(path);
    const net = network();
    const before = bitsIn(net);
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      await expect(loadWeights(path, net)).rejects.toThrow(FormatError);
      await expect(loadWeights(path, net)).rejects.toThrow(path);
    }
    await writeFile(path, 'some text that has nothing to do with it');
    await expect(loadWeights(path, net)).rejects.toThrow(FormatError);
    await rm(path);
    await expect(loadWeights(path, net)).rejects.toThrow(FileError);
    expect(bitsIn(net)).toEqual(before);
  });

  it('leave the old file where the module was freed', async () => {
    const net = trained();
    await saveWeights(path, net);
    const before = await readFile(path);
    net.dispose();
    await expect(saveWeights(path, net)).rejects.toThrow(DisposedError);
    expect(await readFile(path)).toEqual(before);
  });
});

describe('saveSafetensors', () => {
  it('takes tensors and plain data beside each other, in a map or an object', async () => {
    const plain: HostArray = { dtype: 'int32', shape: [2], data: Int32Array.of(3, -4) };
    const held = tensor([[1.5, -2]]);
    const expected = { plain, held: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1.5, -2) } };
    await saveSafetensors(path, { held, plain });
    expect(Object.fromEntries((await loadSafetensors(path)).tensors)).toEqual(expected);
    await saveSafetensors(path, new Map<string, Tensor | HostArray>([...Object.entries({ held, plain })]));
    expect(Object.fromEntries((await loadSafetensors(path)).tensors)).toEqual(expected);
    await saveSafetensors(path, trained().stateDict());
    expect([...(await loadSafetensors(path)).tensors.keys()].sort()).toEqual([...network().stateDict().keys()].sort());
  });
});

describe('toHostArrays', () => {
  it('copies tensors, with their names behind a prefix', async () => {
    const net = trained();
    const arrays = await toHostArrays(net.stateDict(), 'mine.');
    expect([...arrays.keys()]).toEqual([...net.stateDict().keys()].map((name) => `mine.${name}`));
    const bits = bitsIn(net);
    for (const { data } of arrays.values()) data.fill(0);
    expect(bitsIn(net)).toEqual(bits);
  });

  it('waits for a device that computes in the background, once for all tensors', async () => {
    let asked = 0;
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const late = [1, 2, 3].map((value) => {
      const each = zeros([1]);
      vi.spyOn(each, 'data').mockImplementation(async () => {
        if (++asked === 3) arrive();
        await arrival;
        return Float32Array.of(value);
      });
      return [String(value), each] as const;
    });
    const arrays = await toHostArrays(new Map(late));
    expect([...arrays].map(([name, { data }]) => [name, ...data])).toEqual([
      ['1', 1],
      ['2', 2],
      ['3', 3],
    ]);
  });
});
