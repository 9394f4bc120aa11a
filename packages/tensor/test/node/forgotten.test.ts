import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { keep, MemoryError, memory, ones, scope, type Tensor, tensor } from '@pnn/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { Workspace } from '../../src/devices/wasm/workspace.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects garbage until finalizers have nothing left to do. */
async function clean(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

const MIB = 2 ** 20;
const like = ones([1]);

/** Nothing is written to it, so it costs address space only. */
function large(mebibytes: number): Tensor {
  return like.allocate([(mebibytes * MIB) / 4], 'float32');
}

beforeEach(clean);
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('tensors that a loop without awaits forgets', () => {
  it('are taken back before memory runs out, and others are not', () => {
    const before = memory();
    const kept = tensor([1, 2, 3]);
    const viewed = (() => {
      const hidden = tensor([4, 5, 6]);
      return hidden.reshape([3, 1]);
    })();
    const used: Tensor[] = [];
    for (let i = 0; i < 300; i++) {
      large(64);
      scope(() => keep(large(1)));
      const y = scope(() => large(32));
      if (i % 10 === 0) used.push(y);
    }
    expect(memory().bytes - before.bytes).toBeLessThan(2 ** 32);
    expect(used.map((each) => each.disposed)).toEqual(used.map(() => false));
    expect([...kept.dataSync()]).toEqual([1, 2, 3]);
    expect([...viewed.dataSync()]).toEqual([4, 5, 6]);
    for (const each of [kept, viewed, ...used]) each.dispose();
  });

  it('are freed once, though finalizers tell of them later', async () => {
    const before = memory();
    const filled = () => {
      for (let i = 0; i < 100; i++) large(100);
    };
    filled();
    const block = linearMemory.usedBlocks;
    await clean();
    expect(memory()).toEqual(before);
    expect(linearMemory.usedBlocks).toBeLessThan(block);
  });

  it('are taken back from any kind of loop: what another request needs is there', () => {
    const forget = () => {
      for (let i = 0; i < 40; i++) large(100);
    };
    forget();
    const whole = large(3900);
    whole.dispose();
  });

  it.each([
    ['has no inspector', undefined],
    [
      'has one that can do nothing',
      () => {
        throw new Error('not implemented');
      },
    ],
  ])(
    'are named by the error where the platform %s, so that they cannot be found at once',
    async (_, getBuiltinModule) => {
      vi.stubGlobal('process', { ...process, getBuiltinModule });
      const before = memory();
      let made = 0;
      const forget = () => {
        for (;;) {
          large(100);
          made++;
        }
      };
      expect(forget).toThrow(MemoryError);
      expect(made).toBeGreaterThan(30);
      const bytes = (memory().bytes - before.bytes).toString();
      expect(forget).toThrow(
        /; \d+ tensors of \d+ bytes lie outside of every scope\(\): what was forgotten of them comes back only when the running task has ended$/,
      );
      expect(Number(bytes)).toBe(made * 100 * MIB);
      await clean();
      expect(memory()).toEqual(before);
    },
  );
});

describe('a lack of memory', () => {
  it('is told with what is alive, where nothing was forgotten', () => {
    const all: Tensor[] = [];
    const fill = () => {
      for (;;) all.push(large(256));
    };
    expect(fill).toThrow(
      /in use \(4 GiB in all\): free tensors with scope\(\) or dispose\(\), or work in smaller batches$/,
    );
    for (const each of all) each.dispose();
    large(3000).dispose();
  });

  it('takes back what kernels keep from call to call', () => {
    const workspace = new Workspace();
    workspace.reserve(3000 * MIB);
    large(3000).dispose();
    expect(workspace.reserve(64).byteLength).toBe(64);
    workspace.release();
  });
});
