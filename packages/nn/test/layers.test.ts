import {
  ArgumentError,
  arange,
  type DType,
  DTypeError,
  normal,
  type PnnError,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  AvgPool1d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Flatten,
  GELU,
  GlobalAvgPool,
  GlobalMaxPool,
  Linear,
  MaxPool1d,
  MaxPool2d,
  ReLU,
  Residual,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
} from '../src/layers/index.js';
import type { Module } from '../src/module.js';

function numbers(values: Tensor): number[] {
  return Array.from(values.dataSync());
}

/** 0, 1, 2, … in this shape. */
function counting(...shape: number[]): Tensor {
  return arange(
    0,
    shape.reduce((product, length) => product * length, 1),
  ).reshape(shape);
}

describe('shapes', () => {
  test.each<[string, Module, Shape, Shape]>([
    ['Linear', new Linear(4, 3), [2, 4], [2, 3]],
    ['Linear of one sample', new Linear(4, 3), [4], [3]],
    ['Linear over the last axis', new Linear(4, 3), [2, 5, 4], [2, 5, 3]],
    ['Conv1d', new Conv1d(2, 5, 3), [4, 2, 9], [4, 5, 7]],
    [
      'Conv1d with options',
      new Conv1d(2, 4, 3, { stride: 2, padding: 1, dilation: 2, groups: 2 }),
      [4, 2, 9],
      [4, 4, 4],
    ],
    ['Conv2d', new Conv2d(3, 5, 3), [2, 3, 8, 7], [2, 5, 6, 5]],
    ['Conv2d with padding', new Conv2d(3, 5, 3, { padding: 1 }), [2, 3, 8, 7], [2, 5, 8, 7]],
    [
      'Conv2d with pairs',
      new Conv2d(3, 6, [1, 3], { stride: [2, 1], padding: [0, 1], groups: 3 }),
      [2, 3, 8, 7],
      [2, 6, 4, 7],
    ],
    ['BatchNorm1d of features', new BatchNorm1d(3), [4, 3], [4, 3]],
    ['BatchNorm1d of lines', new BatchNorm1d(3), [4, 3, 5], [4, 3, 5]],
    ['BatchNorm2d', new BatchNorm2d(3), [4, 3, 5, 6], [4, 3, 5, 6]],
    ['MaxPool1d', new MaxPool1d(2), [1, 2, 7], [1, 2, 3]],
    ['MaxPool2d', new MaxPool2d([2, 3]), [1, 2, 7, 7], [1, 2, 3, 2]],
    ['AvgPool1d', new AvgPool1d(3, { stride: 1, padding: 1 }), [1, 2, 7], [1, 2, 7]],
    ['AvgPool2d', new AvgPool2d(3, { stride: 2, padding: 1 }), [1, 2, 7, 8], [1, 2, 4, 4]],
    ['GlobalAvgPool of lines', new GlobalAvgPool(), [2, 3, 5], [2, 3]],
    ['GlobalAvgPool of planes', new GlobalAvgPool(), [2, 3, 5, 4], [2, 3]],
    ['GlobalMaxPool of lines', new GlobalMaxPool(), [2, 3, 5], [2, 3]],
    ['GlobalMaxPool of planes', new GlobalMaxPool(), [2, 3, 5, 4], [2, 3]],
    ['Flatten', new Flatten(), [2, 3, 5, 4], [2, 60]],
    ['Flatten of features', new Flatten(), [2, 3], [2, 3]],
    ['an empty Sequential', new Sequential(), [2, 3], [2, 3]],
  ])('%s', (_, layer, input, output) => {
    expect(layer.forward(normal(input)).shape).toEqual(output);
  });
});

describe('values', () => {
  test('Linear is x·Wᵀ + b', () => {
    const layer = new Linear(2, 3);
    layer.weight.assign(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    layer.bias!.assign(tensor([10, 20, 30]));
    expect(
      numbers(
        layer.forward(
          tensor([
            [1, -1],
            [2, 0],
          ]),
        ),
      ),
    ).toEqual([9, 19, 29, 12, 26, 40]);
    expect(new Linear(2, 3, { bias: false }).bias).toBeUndefined();
  });

  test('Conv2d is cross-correlation, not convolution', () => {
    const layer = new Conv2d(1, 1, 2, { bias: false });
    layer.weight.assign(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    );
    expect(numbers(layer.forward(counting(1, 1, 3, 3)))).toEqual([27, 37, 57, 67]);
  });

  test('Conv1d agrees with Conv2d of one row', () => {
    const line = new Conv1d(2, 4, 3, { stride: 2, padding: 1, dilation: 2, groups: 2 });
    const plane = new Conv2d(2, 4, [1, 3], { stride: [1, 2], padding: [0, 1], dilation: [1, 2], groups: 2 });
    plane.weight.assign(line.weight.unsqueeze(2));
    const x = normal([3, 2, 8]);
    expect(numbers(line.forward(x))).toEqual(numbers(plane.forward(x.unsqueeze(2))));
  });

  test('pools', () => {
    const x = counting(1, 1, 4, 4);
    expect(numbers(new MaxPool2d(2).forward(x))).toEqual([5, 7, 13, 15]);
    expect(numbers(new AvgPool2d(2).forward(x))).toEqual([2.5, 4.5, 10.5, 12.5]);
    expect(numbers(new MaxPool2d(3, { stride: 2, padding: 1 }).forward(x.neg().sub(1)))).toEqual([-1, -2, -5, -6]);
    expect(numbers(new AvgPool2d(2, { padding: 1 }).forward(x))).toEqual([0, 0.75, 0.75, 3, 7.5, 4.5, 3, 6.75, 3.75]);
    expect(numbers(new MaxPool1d(2).forward(counting(1, 1, 5)))).toEqual([1, 3]);
    expect(numbers(new AvgPool1d(2).forward(counting(1, 1, 5)))).toEqual([0.5, 2.5]);
    expect(numbers(new GlobalAvgPool().forward(counting(1, 2, 2, 2)))).toEqual([1.5, 5.5]);
    expect(numbers(new GlobalMaxPool().forward(counting(2, 1, 3)))).toEqual([2, 5]);
  });

  test('Residual adds x, or what its shortcut makes of it', () => {
    const x = tensor([[-1, 2]]);
    expect(numbers(new Residual(new ReLU()).forward(x))).toEqual([-1, 4]);
    expect(numbers(new Residual(new ReLU(), new Sequential(new ReLU())).forward(x))).toEqual([0, 4]);
  });

  test('Sequential composes in order and gives its modules by position', () => {
    const first = new Tanh();
    const last = new ReLU();
    const net = new Sequential(first, last);
    expect(net.length).toBe(2);
    expect(net.at(0)).toBe(first);
    expect(net.at(-1)).toBe(last);
    expect(net.at(2)).toBeUndefined();
    expect(numbers(net.forward(tensor([-3, 0.5])))).toEqual([0, Math.fround(Math.tanh(0.5))]);
  });

  test('activations', () => {
    const x = [-2, -0.5, 0, 1, 3];
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const expected: [Module, (v: number) => number][] = [
      [new ReLU(), (v) => Math.max(v, 0)],
      [new SiLU(), (v) => v * sigmoid(v)],
      [new Sigmoid(), sigmoid],
      [new Tanh(), Math.tanh],
    ];
    for (const [layer, f] of expected) {
      const found = numbers(layer.forward(tensor(Float64Array.from(x))));
      found.forEach((value, i) => {
        expect(value, layer.constructor.name).toBeCloseTo(f(x[i]!), 14);
      });
    }
    expect(new GELU().forward(tensor(Float64Array.of(1))).itemSync()).toBeCloseTo(0.841344746068543, 14);
  });

  test('have the type of the layer', () => {
    expect(new Linear(2, 2, { dtype: 'float64' }).forward(normal([1, 2], 0, 1, { dtype: 'float64' })).dtype).toBe(
      'float64',
    );
    expect(new Conv2d(1, 1, 1, { dtype: 'float64' }).weight.dtype).toBe('float64');
  });
});

describe('errors', () => {
  const refused: [Module, Shape, DType, PnnError][] = [
    [
      new Linear(4, 3),
      [2, 5],
      'float32',
      new ShapeError('Linear: [2,5]: the last axis must have the 4 input features of the layer'),
    ],
    [
      new Linear(4, 3),
      [],
      'float32',
      new ShapeError('Linear: []: the last axis must have the 4 input features of the layer'),
    ],
    [new Linear(4, 3), [2, 4], 'int32', new DTypeError('matmul: int32 and float32: make the types equal with cast()')],
    [new Conv1d(2, 3, 3), [2, 2, 5, 5], 'float32', new ShapeError('Conv1d: [2,2,5,5]: the input must be [N,C,L]')],
    [new Conv2d(2, 3, 3), [2, 5, 5], 'float32', new ShapeError('Conv2d: [2,5,5]: the input must be [N,C,H,W]')],
    [new Conv2d(2, 3, 3), [2, 2, 5, 5], 'bool', new DTypeError('Conv2d: the input is bool: cast() it to float32')],
    [
      new Conv2d(2, 3, 3),
      [2, 3, 5, 5],
      'float32',
      new ShapeError('conv2d: input [2,3,5,5], weight [3,2,3,3], groups 1: the weight is for 2 channels, not 3'),
    ],
    [
      new Conv2d(2, 3, 3),
      [2, 2, 5, 2],
      'float32',
      new ShapeError(
        'conv2d: [2,2,5,2]: a window of 3 does not fit into 2 along axis 3: make the kernel smaller or the padding larger',
      ),
    ],
    [
      new Conv2d(2, 3, 3),
      [2, 2, 5, 5],
      'float64',
      new DTypeError('conv2d: float64 and float32: make the types equal with cast()'),
    ],
    [
      new BatchNorm2d(3),
      [2, 4, 5, 5],
      'float32',
      new ShapeError('BatchNorm2d: [2,4,5,5]: axis 1 must have the 3 channels of the layer'),
    ],
    [new BatchNorm2d(3), [2, 3], 'float32', new ShapeError('BatchNorm2d: [2,3]: the input must be [N,C,H,W]')],
    [
      new BatchNorm1d(3),
      [2, 3, 4, 4],
      'float32',
      new ShapeError('BatchNorm1d: [2,3,4,4]: the input must be [N,C] or [N,C,L]'),
    ],
    [new BatchNorm1d(3), [2, 3], 'int32', new DTypeError('BatchNorm1d: the input is int32: cast() it to float32')],
    [new MaxPool2d(2), [2, 3, 4], 'float32', new ShapeError('maxPool2d: [2,3,4]: the input must be [N,C,H,W]')],
    [new AvgPool2d(2), [2, 3, 4], 'float32', new ShapeError('averagePool2d: [2,3,4]: the input must be [N,C,H,W]')],
    [new MaxPool1d(2), [2, 3], 'float32', new ShapeError('maxPool1d: [2,3]: the input must be [N,C,L]')],
    [new AvgPool1d(2), [2, 3], 'float32', new ShapeError('averagePool1d: [2,3]: the input must be [N,C,L]')],
    [
      new GlobalAvgPool(),
      [2, 3],
      'float32',
      new ShapeError('GlobalAvgPool: [2,3]: the input must be [N,C,L], [N,C,H,W] or [N,C,D,H,W]'),
    ],
    [
      new GlobalMaxPool(),
      [2, 3],
      'float32',
      new ShapeError('GlobalMaxPool: [2,3]: the input must be [N,C,L], [N,C,H,W] or [N,C,D,H,W]'),
    ],
    [
      new Residual(new Linear(3, 2)),
      [4, 3],
      'float32',
      new ShapeError(
        'Residual: the body gives [4,2] and the shortcut [4,3]: a shortcut must give the shape of the body',
      ),
    ],
    [
      new Residual(new Linear(3, 1)),
      [4, 3],
      'float32',
      new ShapeError(
        'Residual: the body gives [4,1] and the shortcut [4,3]: a shortcut must give the shape of the body',
      ),
    ],
  ];
  for (const [layer, shape, dtype, expected] of refused) {
    test(`of ${layer.constructor.name} with ${dtype} [${shape}]: ${expected.name}`, () => {
      expect(() => layer.forward(zeros(shape, { dtype }))).toThrow(expected);
    });
  }

  test.each<[string, () => Module, PnnError]>([
    [
      'groups that do not divide',
      () => new Conv2d(3, 4, 3, { groups: 2 }),
      new ArgumentError('Conv2d: 2 groups do not divide 3 input and 4 output channels'),
    ],
    [
      'a kernel of 0',
      () => new Conv2d(3, 4, 0),
      new ArgumentError('Conv2d: kernel must be an integer of 1 or more, or two of them, not 0'),
    ],
    [
      'an epsilon of 0',
      () => new BatchNorm2d(3, { epsilon: 0 }),
      new ArgumentError('BatchNorm: epsilon must be positive, not 0'),
    ],
  ])('of a constructor with %s', (_, construct, expected) => {
    expect(construct).toThrow(expected);
  });

  test('of options show at the first forward', () => {
    const x = normal([1, 1, 4, 4]);
    expect(() => new Conv2d(1, 1, 1, { stride: 0 }).forward(x)).toThrow(
      new ArgumentError('conv2d: stride must be an integer of 1 or more, or two of them, not 0'),
    );
    expect(() => new MaxPool2d(2, { padding: 2 }).forward(x)).toThrow(ArgumentError);
    expect(() => new AvgPool2d(0).forward(x)).toThrow(ArgumentError);
  });
});

test('describe their settings', () => {
  const described: [Module, string][] = [
    [new Linear(2, 3, { bias: false }), '2 → 3, no bias'],
    [
      new Conv2d(2, 4, [3, 5], { stride: [1, 2], dilation: 2, groups: 2 }),
      '2 → 4, kernel 3×5, stride 1,2, dilation 2, groups 2',
    ],
    [new Conv1d(2, 4, 3, { padding: 1 }), '2 → 4, kernel 3, padding 1'],
    [new BatchNorm1d(3, { affine: false }), '3, not affine'],
    [new MaxPool2d(3, { stride: 2, padding: 1 }), 'kernel 3, stride 2, padding 1'],
    [new AvgPool2d([2, 1]), 'kernel 2,1'],
    [new ReLU(), ''],
  ];
  for (const [layer, text] of described) expect(layer.describe()).toBe(text);
});
