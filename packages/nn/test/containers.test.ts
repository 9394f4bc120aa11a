import {
  ArgumentError,
  arange,
  DTypeError,
  normal,
  ones,
  type PnnError,
  ShapeError,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  Bilinear,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  Embedding,
  Flatten,
  Identity,
  Linear,
  ModuleDict,
  ModuleList,
  ReLU,
  Unflatten,
} from '../src/layers/index.js';
import { Module } from '../src/module.js';
import { ModuleError } from '../src/running.js';

const numbers = (values: Tensor): number[] => Array.from(values.dataSync());
const indices = (...values: number[]) => tensor(Int32Array.from(values));

describe('ModuleList and ModuleDict', () => {
  class Net extends Module {
    readonly blocks = new ModuleList([new Linear(2, 2), new ReLU()]).append(new Linear(2, 2, { bias: false }));
    readonly heads = new ModuleDict({ class: new Linear(2, 3), box: new Linear(2, 4, { bias: false }) });

    override forward(x: Tensor): Tensor {
      let value = x;
      for (const block of this.blocks) value = block.forward(value);
      return this.heads.get('box')!.forward(value);
    }
  }

  test('have the names of PyTorch, and the order in which modules came', () => {
    const net = new Net();
    expect([...net.stateDict().keys()]).toEqual([
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.2.weight',
      'heads.class.weight',
      'heads.class.bias',
      'heads.box.weight',
    ]);
    expect(net.forward(ones([1, 2])).shape).toEqual([1, 4]);
    expect(net.blocks.length).toBe(3);
    expect(net.blocks.at(-1)).toBeInstanceOf(Linear);
    expect(net.heads.size).toBe(2);
    expect([...net.heads].map(([name]) => name)).toEqual(['class', 'box']);
    expect(net.heads.has('none')).toBe(false);
    expect(`${net}`).toContain('    box: Linear(2 → 4, no bias)  8');
  });

  test('replace a module of the same name, and refuse names that are none', () => {
    const heads = new ModuleDict([['a', new Linear(1, 1)]]);
    const other = new Linear(2, 2);
    heads.set('a', other);
    expect(heads.parameters()).toEqual([other.weight, other.bias]);
    for (const name of ['', 'a.b', 'forward', 'training', 'size']) {
      expect(() => heads.set(name, other)).toThrow(
        new ArgumentError(
          `ModuleDict: '${name}' cannot be the name of a module: it is empty, has a dot, or is a property already`,
        ),
      );
    }
  });

  test('have no forward', () => {
    const message = 'ModuleList: it has no forward of its own: call those of its modules';
    expect(() => new ModuleList([new ReLU()]).forward()).toThrow(new ModuleError(message));
    expect(() => new ModuleDict({ a: new ReLU() }).forward()).toThrow(ModuleError);
  });
});

describe('Embedding', () => {
  test('has a row for each index', () => {
    const layer = new Embedding(3, 2);
    layer.weight.assign(tensor([0, 1, 10, 11, 20, 21]).reshape([3, 2]));
    expect(numbers(layer.forward(indices(2, 0, 2)))).toEqual([20, 21, 0, 1, 20, 21]);
    expect(layer.forward(zeros([2, 3], { dtype: 'int32' })).shape).toEqual([2, 3, 2]);
    expect(layer.forward(zeros([0], { dtype: 'int32' })).shape).toEqual([0, 2]);
    expect(layer.forward(zeros([], { dtype: 'int32' })).shape).toEqual([2]);
    expect(() => layer.forward(indices(3))).toThrow('embedding: the table has 3 rows: gather: index 3');
  });

  test('adds up the gradients of a row, but for the padding, which starts at 0', () => {
    const layer = new Embedding(3, 2, { paddingIdx: -3 });
    expect(numbers(layer.weight).slice(0, 2)).toEqual([0, 0]);
    expect(
      numbers(layer.weight)
        .slice(2)
        .every((value) => value !== 0),
    ).toBe(true);
    layer
      .forward(indices(1, 0, 1, 0))
      .sum()
      .backward();
    expect(numbers(layer.weight.grad!)).toEqual([0, 0, 2, 2, 0, 0]);
    expect(String(layer)).toBe('Embedding(3, 2, padding 0)  6');
  });

  test('is drawn from the stream of initial weights', () => {
    setSeed(3);
    const first = numbers(new Embedding(4, 2).weight);
    setSeed(3);
    expect(numbers(new Embedding(4, 2).weight)).toEqual(first);
  });

  test.each<[string, () => unknown, PnnError]>([
    [
      'floats',
      () => new Embedding(2, 2).forward(zeros([2])),
      new DTypeError('embedding: the indices are float32: cast() them to int32'),
    ],
    [
      'no rows',
      () => new Embedding(0, 2),
      new ArgumentError('Embedding: numEmbeddings must be a positive integer, not 0'),
    ],
    [
      'a padding beyond the rows',
      () => new Embedding(2, 2, { paddingIdx: 2 }),
      new ArgumentError('Embedding: paddingIdx must be an integer from -2 to 1, not 2'),
    ],
  ])('refuses %s', (_, make, error) => {
    expect(make).toThrow(error);
  });

  test('refuses an index beyond the rows', () => {
    expect(() => new Embedding(2, 2).forward(indices(0, 2))).toThrow(ArgumentError);
    expect(() => new Embedding(2, 2).forward(indices(-1))).toThrow(ArgumentError);
  });
});

describe('Dropout of channels', () => {
  test.each([
    [new Dropout1d(0.5), [40, 10, 3]],
    [new Dropout2d(0.5), [40, 10, 2, 3]],
    [new Dropout3d(0.5), [40, 10, 2, 1, 3]],
  ] as const)('%s drops whole channels and scales the rest', (layer, shape) => {
    const y = layer.forward(ones([...shape]));
    const channels = y.reshape([400, -1]);
    const means = numbers(channels.mean(1));
    expect(new Set(means)).toEqual(new Set([0, 2]));
    expect(numbers(channels.max(1))).toEqual(means);
    const dropped = means.filter((mean) => mean === 0).length;
    // Five standard deviations of a binomial distribution.
    expect(Math.abs(dropped - 200)).toBeLessThan(50);
    const x = ones([...shape]);
    expect(layer.eval().forward(x)).toBe(x);
    expect(() => layer.forward(ones([2, 2]))).not.toThrow(TypeError);
  });

  test('refuses other shapes', () => {
    expect(() => new Dropout2d().forward(ones([2, 3]))).toThrow(
      new ShapeError('Dropout2d: [2,3]: the input must be [N,C,H,W]'),
    );
    expect(() => new Dropout1d(1)).toThrow(
      new ArgumentError('Dropout1d: the probability must be at least 0 and below 1, not 1'),
    );
    expect(new Dropout1d().forward(zeros([2, 3, 0])).shape).toEqual([2, 3, 0]);
  });
});

describe('shapes', () => {
  test('Identity, Flatten and Unflatten keep the elements', () => {
    const x = arange(0, 24).reshape([2, 3, 4]);
    expect(new Identity().forward(x)).toBe(x);
    expect(new Flatten(0).forward(x).shape).toEqual([24]);
    expect(new Flatten(0, 1).forward(x).shape).toEqual([6, 4]);
    expect(new Flatten().forward(x).shape).toEqual([2, 12]);
    expect(new Unflatten(2, [2, 2]).forward(x).shape).toEqual([2, 3, 2, 2]);
    expect(new Unflatten(-2, [-1, 1]).forward(x).shape).toEqual([2, 3, 1, 4]);
    expect(new Unflatten(1, [0, -1]).forward(zeros([2, 0])).shape).toEqual([2, 0, 1]);
    expect([new Flatten(), new Flatten(0, 1), new Unflatten(1, [2, -1])].map(String)).toEqual([
      'Flatten()',
      'Flatten(0 to 1)',
      'Unflatten(1 to [2,-1])',
    ]);
  });

  test.each<[string, () => unknown, PnnError]>([
    [
      'Unflatten',
      () => new Unflatten(1, [2, 2]).forward(zeros([2, 3])),
      new ShapeError('Unflatten: axis 1 of [2,3] cannot become [2,2]'),
    ],
    [
      'Unflatten twice unknown',
      () => new Unflatten(1, [-1, -1]).forward(zeros([2, 3])),
      new ShapeError('Unflatten: axis 1 of [2,3] cannot become [-1,-1]'),
    ],
    [
      'Unflatten of no axis',
      () => new Unflatten(2, [1]).forward(zeros([2, 3])),
      new ShapeError('Unflatten: axis 2 of [2,3]: there are 2 axes'),
    ],
    [
      'Unflatten to nothing',
      () => new Unflatten(1, []),
      new ArgumentError('Unflatten: lengths must be one or more integers, not []'),
    ],
    [
      'Bilinear',
      () => new Bilinear(2, 3, 1).forward(zeros([4, 2]), zeros([5, 3])),
      new ShapeError('Bilinear: [4,2] and [5,3]: they must be [..., 2] and [..., 3]'),
    ],
  ])('%s refuses what does not fit', (_, make, error) => {
    expect(make).toThrow(error);
  });

  test('Bilinear is x1ᵀ·A·x2 + b', () => {
    const layer = new Bilinear(2, 2, 1);
    layer.weight.assign(tensor([1, 2, 3, 4]).reshape([1, 2, 2]));
    layer.bias!.assign(tensor([10]));
    expect(numbers(layer.forward(tensor([[1, 2]]), tensor([[3, 5]])))).toEqual([10 + 3 + 10 + 18 + 40]);
    expect(layer.forward(normal([2, 3, 2]), normal([2, 3, 2])).shape).toEqual([2, 3, 1]);
  });
});
