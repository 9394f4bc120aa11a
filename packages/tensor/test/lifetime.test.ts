import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  ArgumentError,
  arange,
  conv2d,
  DisposedError,
  keep,
  type MemoryUse,
  memory,
  ones,
  PnnError,
  scope,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@pnn/tensor';
import { describe, expect, it } from 'vitest';
import { type HostBuffer, linearMemory } from '../src/devices/host/linear-memory.js';

/** What a body leaves behind. */
function leftBy(body: () => unknown): MemoryUse {
  const before = memory();
  body();
  const after = memory();
  return {
    tensors: after.tensors - before.tensors,
    buffers: after.buffers - before.buffers,
    bytes: after.bytes - before.bytes,
  };
}

const nothing: MemoryUse = { tensors: 0, buffers: 0, bytes: 0 };

describe('memory()', () => {
  it('counts tensors, the blocks that they share, and bytes', () => {
    const made: Tensor[] = [];
    expect(leftBy(() => made.push(zeros([2, 3])))).toEqual({ tensors: 1, buffers: 1, bytes: 24 });
    expect(leftBy(() => made.push(zeros([2], { dtype: 'float64' })))).toEqual({ tensors: 1, buffers: 1, bytes: 16 });
    expect(leftBy(() => made.push(zeros([5], { dtype: 'bool' })))).toEqual({ tensors: 1, buffers: 1, bytes: 5 });
    expect(leftBy(() => made.push(zeros([0])))).toEqual({ tensors: 1, buffers: 1, bytes: 0 });
    expect(leftBy(() => made.push(made[0]!.reshape([6])))).toEqual({ tensors: 1, buffers: 0, bytes: 0 });
    expect(leftBy(() => made.push(made[0]!.detach()))).toEqual({ tensors: 1, buffers: 0, bytes: 0 });
    expect(leftBy(() => made.push(made[0]!.clone()))).toEqual({ tensors: 1, buffers: 1, bytes: 24 });
    const freed = leftBy(() => {
      for (const each of made) each.dispose();
    });
    expect(freed).toEqual({ tensors: -7, buffers: -5, bytes: -69 });
  });

  it('agrees with the linear memory', () => {
    const before = { ...memory(), blocks: linearMemory.usedBlocks, used: linearMemory.usedBytes };
    const x = zeros([7]);
    const y = x.reshape([7, 1]);
    expect(linearMemory.usedBlocks - before.blocks).toBe(memory().buffers - before.buffers);
    expect(linearMemory.usedBytes - before.used).toBe(memory().bytes - before.bytes);
    x.dispose();
    y.dispose();
    expect(linearMemory.usedBlocks).toBe(before.blocks);
  });
});

describe('dispose', () => {
  it('frees at once, and makes every use afterwards an error', async () => {
    const x = zeros([2, 3]);
    const other = ones([2, 3]);
    expect(x.disposed).toBe(false);
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(x.shape).toEqual([2, 3]);
    const uses: (() => unknown)[] = [
      () => x.neg(),
      () => x.add(1),
      () => other.add(x),
      () => x.sum(),
      () => x.reshape([6]),
      () => x.detach(),
      () => x.clone(),
      () => x.dataSync(),
      () => x.buffer,
      () => x.matmul(other.transpose()),
      () => other.assign(x),
      () => x.assign(other),
    ];
    for (const use of uses) {
      expect(use).toThrow(DisposedError);
      expect(use).toThrow('tensor [2,3] was used after it was freed: return it from its scope(), or keep() it');
    }
    await expect(x.data()).rejects.toThrow(DisposedError);
    expect(String(x)).toBe('tensor([2,3], float32, freed)');
    other.dispose();
  });

  it('throws the second time', () => {
    const x = zeros([4]);
    x.dispose();
    expect(() => x.dispose()).toThrow(DisposedError);
    expect(() => x.dispose()).toThrow('tensor [4] was freed twice');
  });

  it('leaves views their elements until the last one is gone', () => {
    const x = tensor([1, 2, 3]);
    const view = x.reshape([3, 1]);
    x.dispose();
    expect([...view.dataSync()]).toEqual([1, 2, 3]);
    expect(leftBy(() => view.dispose())).toEqual({ tensors: -1, buffers: -1, bytes: -12 });
  });

  it('happens at the end of a block with `using`, unless it has happened before', () => {
    expect(
      leftBy(() => {
        using x = zeros([8]);
        using y = x.add(keep(ones([8])));
        y.dispose();
      }),
    ).toEqual({ tensors: 1, buffers: 1, bytes: 32 });
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['sum over no axes', (x) => x.sum([])],
    ['max over no axes', (x) => x.max([])],
    ['cast to its own type', (x) => x.cast('float32')],
    ['broadcastTo its own shape', (x) => x.broadcastTo([3])],
    ['sumTo its own shape', (x) => x.sumTo([3])],
    ['reshape to its own shape', (x) => x.reshape([3])],
    ['squeeze without axes of length 1', (x) => x.squeeze()],
    ['detach', (x) => x.detach()],
  ])('of the result leaves the operand alone: %s', (_, result) => {
    using x = tensor([1, 2, 3]);
    const same = result(x);
    expect(same).not.toBe(x);
    same.dispose();
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
  });
});

describe('scope', () => {
  it('frees what was made inside', () => {
    expect(
      leftBy(() =>
        scope(() => {
          const x = arange(0, 100);
          x.mul(x).add(1).softmax().sum();
        }),
      ),
    ).toEqual(nothing);
  });

  it('lets live what is returned, however deep in arrays, maps and plain objects', () => {
    class Holder {
      constructor(readonly held: Tensor) {}
    }
    let lost: Tensor | undefined;
    const result = scope(() => {
      lost = ones([9]);
      return {
        direct: ones([1]),
        list: [ones([2]), [ones([3])]],
        map: new Map([['key', { inner: ones([4]) }]]),
        bare: Object.assign(Object.create(null) as { entry?: Tensor }, { entry: ones([5]) }),
        holder: new Holder(lost),
      };
    });
    const tensors = [
      result.direct,
      result.list[0] as Tensor,
      (result.list[1] as Tensor[])[0]!,
      result.map.get('key')!.inner,
      result.bare.entry!,
    ];
    expect(tensors.map((each) => each.disposed)).toEqual([false, false, false, false, false]);
    expect(result.holder.held.disposed).toBe(true);
    for (const each of tensors) each.dispose();
  });

  it('lets something that is returned twice live once', () => {
    const left = leftBy(() => {
      const [a, b] = scope(() => {
        const x = ones([2]);
        return [x, x] as const;
      });
      expect(a).toBe(b);
      a.dispose();
    });
    expect(left).toEqual(nothing);
  });

  it('follows what refers to itself', () => {
    interface Loop {
      self?: Loop;
      value: Tensor;
    }
    const loop = scope(() => {
      const made: Loop = { value: ones([1]) };
      made.self = made;
      return made;
    });
    expect(loop.self!.value.disposed).toBe(false);
    loop.value.dispose();
  });

  it('nests: what is returned belongs to the scope around', () => {
    let inner: Tensor | undefined;
    let outer: Tensor | undefined;
    const left = leftBy(() => {
      const last = scope(() => {
        outer = scope(() => {
          inner = ones([2]);
          return inner.add(1);
        });
        expect(inner!.disposed).toBe(true);
        expect(outer.disposed).toBe(false);
        return scope(() => outer!.add(1));
      });
      expect(outer!.disposed).toBe(true);
      expect([...last.dataSync()]).toEqual([3, 3]);
      last.dispose();
    });
    expect(left).toEqual(nothing);
  });

  it('lets live what is kept, in a scope within scopes as well', () => {
    const kept = scope(() => {
      const early = ones([1]);
      return { held: scope(() => [keep(ones([2])), keep(early)] as const).map((each) => each) };
    }).held;
    expect(kept.map((each) => each.disposed)).toEqual([false, false]);
    for (const each of kept) each.dispose();
  });

  it('bears that things inside are freed by hand', () => {
    expect(leftBy(() => scope(() => ones([3]).dispose()))).toEqual(nothing);
    const freed = scope(() => {
      const x = ones([3]);
      x.dispose();
      return x;
    });
    expect(freed.disposed).toBe(true);
  });

  it('leaves room of which the next one has first what was freed by hand, and then that of its first tensors', () => {
    const size = 12_345;
    const addressOf = ({ buffer }: Tensor) => (buffer as HostBuffer).pointer;
    const addresses = scope(() => {
      const made = [zeros([size]), zeros([size]), zeros([size])] as const;
      const byHand = zeros([size]);
      const all = [byHand, ...made].map(addressOf);
      byHand.dispose();
      return all;
    });
    expect(scope(() => addresses.map(() => addressOf(zeros([size]))))).toEqual(addresses);
  });

  it('does not touch what was made before', () => {
    using x = ones([2]);
    expect(scope(() => x)).toBe(x);
    expect(x.disposed).toBe(false);
  });

  it('frees everything when the body throws, and passes the error on', () => {
    const error = new Error('broken');
    let around: Tensor | undefined;
    expect(
      leftBy(() =>
        scope(() => {
          around = ones([1]);
          expect(() =>
            scope(() => {
              ones([5]).add(1);
              throw error;
            }),
          ).toThrow(error);
          expect(around.disposed).toBe(false);
          expect(leftBy(() => ones([1]))).toEqual({ tensors: 1, buffers: 1, bytes: 4 });
        }),
      ),
    ).toEqual(nothing);
    expect(around!.disposed).toBe(true);
  });

  it('refuses an asynchronous body, whose later failure then troubles nobody', async () => {
    const failures: unknown[] = [];
    const listen = (reason: unknown) => failures.push(reason);
    process.on('unhandledRejection', listen);
    const left = leftBy(() => {
      const body = async () => {
        const x = ones([2]);
        await Promise.resolve();
        x.add(1);
      };
      expect(() => scope(body)).toThrow(ArgumentError);
      expect(() => scope(body)).toThrow('scope: the body must not be asynchronous: await before or after the scope');
    });
    expect(left).toEqual(nothing);
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off('unhandledRejection', listen);
    expect(failures).toEqual([]);
  });

  it('gives its result back', () => {
    expect(scope(() => 42)).toBe(42);
    expect(scope(() => undefined)).toBeUndefined();
    expect(scope(() => null)).toBeNull();
  });
});

describe('an operator that fails', () => {
  const int32 = { dtype: 'int32' } as const;
  it.each<[string, () => unknown]>([
    ['while its inputs are checked', () => fixed.add(fixed4)],
    ['in its kernel: gather', () => fixed.gather(0, tooLarge)],
    ['in its kernel: scatterAdd', () => fixed.scatterAdd(0, tooLarge, 2)],
    ['in its kernel: crossEntropy', () => softmaxCrossEntropy(square, tooLarge)],
    ['for lack of memory', () => zeros([2 ** 31])],
    ['because an input was freed', () => where(condition, fixed, freed)],
    ['after other inputs were taken', () => conv2d(planes, planes, freed)],
  ])('leaves nothing behind: %s', (_, fail) => {
    // The first time, a lack of memory takes back what other tests forgot.
    expect(fail).toThrow(PnnError);
    expect(
      leftBy(() => {
        expect(fail).toThrow(PnnError);
      }),
    ).toEqual(nothing);
  });

  const fixed = ones([3]);
  const fixed4 = ones([4]);
  const square = ones([3, 3]);
  const planes = ones([1, 1, 1, 1]);
  const condition = tensor([true, false, true]);
  const tooLarge = tensor([0, 1, 7], int32);
  const freed = ones([1]);
  freed.dispose();
});

describe('the garbage collector', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** Collects garbage until `memory()` is what it should be, or nothing more is to be expected. */
  async function settled(expected: MemoryUse): Promise<MemoryUse> {
    for (let i = 0; i < 100 && memory().tensors !== expected.tensors; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return memory();
  }

  async function clean(): Promise<MemoryUse> {
    for (let i = 0; i < 10; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return memory();
  }

  it('reclaims what was forgotten outside of any scope, or returned from one, or kept', async () => {
    const before = await clean();
    const forget = () => {
      zeros([1000]).reshape([10, 100]).add(1);
      scope(() => zeros([500]));
      scope(() => {
        keep(zeros([500]));
      });
    };
    expect(leftBy(forget).tensors).toBe(6);
    expect(await settled(before)).toEqual(before);
  });

  it('does not free again what was freed by hand', async () => {
    const before = await clean();
    const view = (() => {
      const x = tensor([1, 2, 3]);
      const shared = x.reshape([3, 1]);
      x.dispose();
      return shared;
    })();
    await clean();
    expect([...view.dataSync()]).toEqual([1, 2, 3]);
    view.dispose();
    expect(await clean()).toEqual(before);
  });
});
