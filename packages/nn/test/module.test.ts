import { inspect } from 'node:util';
import { backward } from '@pnn/autograd';
import { DisposedError, DTypeError, memory, normal, ones, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  Polynomial,
  ReLU,
  Residual,
  Sequential,
} from '../src/layers/index.js';
import { type ForwardHook, Module } from '../src/module.js';
import { Parameter, StateBuffer } from '../src/parameter.js';

const square = () => new Polynomial({ basis: 'even-odd', even: [0.5, 0.5], odd: [] }, { bound: 2, learnable: true });

const network = () =>
  new Sequential(
    new Conv2d(1, 2, 3, { padding: 1, bias: false }),
    new BatchNorm2d(2),
    square(),
    new Residual(new Sequential(new Conv2d(2, 2, 1), new ReLU())),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.25),
    new Linear(8, 3),
  );

/** Everything that a module can have as a property. */
class Mixed extends Module {
  readonly scale = new Parameter(ones([2]));
  readonly blocks = [new Linear(2, 2), new ReLU(), new Linear(2, 2, { bias: false })];
  readonly shifts = [new Parameter(zeros([2])), new Parameter(zeros([2]), 'normalization')];
  readonly seen = new StateBuffer(zeros([], { dtype: 'int32' }));
  readonly head = new Sequential(new Linear(2, 1));
  readonly title = 'neither parameter nor module';
  readonly nothing: Parameter | undefined = undefined;
  readonly sizes = [1, 2, 3];

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((value, block) => block.forward(value), x.mul(this.scale)));
  }
}

/** Two layers with one weight. */
class Tied extends Module {
  readonly encoder = new Linear(3, 3, { bias: false });
  readonly decoder = new Linear(3, 3, { bias: false });

  constructor() {
    super();
    this.decoder.weight.dispose();
    Object.assign(this.decoder, { weight: this.encoder.weight });
  }

  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }
}

describe('names', () => {
  test('follow the positions in a Sequential and the properties of modules', () => {
    expect([...network().namedParameters()].map(([name]) => name)).toEqual([
      '0.weight',
      '1.gamma',
      '1.beta',
      '2.coefficients',
      '3.body.0.weight',
      '3.body.0.bias',
      '7.weight',
      '7.bias',
    ]);
    expect([...network().namedBuffers()].map(([name]) => name)).toEqual([
      '1.runningMean',
      '1.runningVariance',
      '1.batchesTracked',
      '2.domain',
    ]);
    expect([...network().namedModules()].map(([name, module]) => `${name} ${module.constructor.name}`)).toEqual([
      ' Sequential',
      '0 Conv2d',
      '1 BatchNorm2d',
      '2 Polynomial',
      '3 Residual',
      '3.body Sequential',
      '3.body.0 Conv2d',
      '3.body.1 ReLU',
      '4 MaxPool2d',
      '5 Flatten',
      '6 Dropout',
      '7 Linear',
    ]);
  });

  test('count the entries of arrays, and leave out what is no state', () => {
    const mixed = new Mixed();
    expect(mixed.children().map(([name]) => name)).toEqual(['blocks.0', 'blocks.1', 'blocks.2', 'head']);
    expect([...mixed.stateDict().keys()]).toEqual([
      'scale',
      'shifts.0',
      'shifts.1',
      'seen',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.2.weight',
      'head.0.weight',
      'head.0.bias',
    ]);
  });

  test('start with the prefix that is asked for', () => {
    expect([...new Residual(new ReLU()).namedModules('block')].map(([name]) => name)).toEqual(['block', 'block.body']);
  });

  test('belong to the same tensors that the module uses', () => {
    const layer = new Linear(2, 3);
    expect(layer.stateDict().get('weight')).toBe(layer.weight);
    expect(layer.parameters()).toEqual([layer.weight, layer.bias]);
  });
});

describe('toString', () => {
  test('ends where a module is within itself', () => {
    class Child extends Module {
      parent: Module | undefined;
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    class Parent extends Module {
      readonly first = new Child();
      readonly layer = new Linear(2, 3);
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const parent = new Parent();
    parent.first.parent = parent;
    expect(parent.toString().split('\n')).toEqual([
      'Parent()  9',
      '  first: Child()  9',
      '    parent: Parent, which this is in',
      `  layer: ${parent.layer}`,
    ]);
  });
});

describe('sharing', () => {
  test('lists a parameter that two layers share once, under its first name', () => {
    const tied = new Tied();
    expect([...tied.stateDict().keys()]).toEqual(['encoder.weight']);
    expect(tied.parameterCount()).toBe(9);
  });

  test('lists a module that is used twice once', () => {
    const act = square();
    const net = new Sequential(new Linear(2, 2), act, new Linear(2, 2), act);
    expect([...net.namedModules()].filter(([, module]) => module === act).map(([name]) => name)).toEqual(['1']);
    expect(net.children().map(([name]) => name)).toEqual(['0', '1', '2', '3']);
    expect(net.parameters().filter((parameter) => parameter === act.coefficients)).toHaveLength(1);
  });

  test('ends where a module refers back to one around it', () => {
    class Child extends ReLU {
      parent: Module | undefined;
    }
    const child = new Child();
    const net = new Sequential(child, new Linear(2, 2));
    child.parent = net;
    expect([...net.stateDict().keys()]).toEqual(['1.weight', '1.bias']);
    expect(net.eval().training).toBe(false);
  });

  test('stays through cast and dispose', () => {
    const before = memory();
    const tied = new Tied().cast('float64');
    expect(tied.decoder.weight).toBe(tied.encoder.weight);
    expect(tied.encoder.weight.dtype).toBe('float64');
    tied.dispose();
    expect(memory()).toEqual(before);
  });

  test('adds up the gradients of both uses', () => {
    const tied = new Tied();
    const weight = tied.encoder.weight;
    weight.assign(
      tensor([
        [1, 2, 0],
        [0, 1, 0],
        [0, 0, 3],
      ]),
    );
    backward(tied.forward(ones([1, 3])).sum());
    // d/dW Σ_i (W·W·1)_i = 1·(W·1)ᵀ + (Wᵀ·1)·1ᵀ
    const rows = [3, 1, 3];
    const columns = [1, 3, 3];
    expect(Array.from(weight.grad!.dataSync())).toEqual(columns.flatMap((column) => rows.map((row) => row + column)));
  });
});

describe('parameterGroups', () => {
  test('go by what parameters are for', () => {
    const net = network();
    const groups = net.parameterGroups();
    expect(groups.map(({ parameters, ...settings }) => [settings, parameters.length])).toEqual([
      [{ name: 'weight' }, 5],
      [{ name: 'normalization', clipped: false }, 2],
      [{ name: 'polynomial' }, 1],
    ]);
    expect(new Set(groups.flatMap(({ parameters }) => parameters))).toEqual(new Set(net.parameters()));
  });

  test('leave out groups that would be empty', () => {
    expect(new Linear(2, 2).parameterGroups().map(({ name }) => name)).toEqual(['weight']);
    expect(new ReLU().parameterGroups()).toEqual([]);
  });
});

describe('training and evaluation', () => {
  test('reach every module, and can be set for a part', () => {
    const net = network();
    const modes = () => [...net.namedModules()].map(([, { training }]) => training);
    expect(new Set(modes())).toEqual(new Set([true]));
    expect(net.eval()).toBe(net);
    expect(new Set(modes())).toEqual(new Set([false]));
    net.at(1)!.train();
    expect(modes().filter(Boolean)).toHaveLength(1);
    expect(net.train()).toBe(net);
    expect(new Set(modes())).toEqual(new Set([true]));
  });
});

describe('forward hooks', () => {
  test('get the module, its inputs and its output, in the order in which they were added', () => {
    const relu = new ReLU();
    const calls: unknown[] = [];
    relu.addForwardHook((module, inputs, output) => calls.push('first', module, inputs, output));
    relu.addForwardHook(() => calls.push('second'));
    const x = tensor([-1, 2]);
    const y = relu.forward(x);
    expect(calls).toEqual(['first', relu, [x], y, 'second']);
    expect(calls[3]).toBe(y);
  });

  test('run inside of a network', () => {
    const net = network();
    const shapes: unknown[] = [];
    net.at(1)!.addForwardHook((_, [x]) => shapes.push(x!.shape));
    net.forward(zeros([2, 1, 4, 4]));
    expect(shapes).toEqual([[2, 2, 4, 4]]);
  });

  test('each end by what adding them returned, once', () => {
    const relu = new ReLU();
    let calls = 0;
    const hook: ForwardHook = () => {
      calls++;
    };
    const removals = [relu.addForwardHook(hook), relu.addForwardHook(hook)];
    relu.forward(zeros([1]));
    expect(calls).toBe(2);
    removals[0]!();
    removals[0]!();
    relu.forward(zeros([1]));
    expect(calls).toBe(3);
    removals[1]!();
    relu.forward(zeros([1]));
    expect(calls).toBe(3);
    relu.addForwardHook(hook);
    relu.forward(zeros([1]));
    expect(calls).toBe(4);
  });

  test('may remove themselves without the next one being left out', () => {
    const relu = new ReLU();
    const calls: string[] = [];
    const remove = relu.addForwardHook(() => {
      calls.push('once');
      remove();
    });
    relu.addForwardHook(() => calls.push('always'));
    relu.forward(zeros([1]));
    relu.forward(zeros([1]));
    expect(calls).toEqual(['once', 'always', 'always']);
  });

  test('work for a forward that is a property, and leave it in place', () => {
    class Doubling extends Module {
      override forward = (x: Tensor): Tensor => x.mul(2);
    }
    const module = new Doubling();
    let calls = 0;
    const remove = module.addForwardHook(() => calls++);
    expect(module.forward(tensor([3])).itemSync()).toBe(6);
    remove();
    expect(module.forward(tensor([4])).itemSync()).toBe(8);
    expect(calls).toBe(1);
  });

  test('change neither the state nor the picture of the module', () => {
    const layer = new Linear(2, 2);
    const before = `${layer}`;
    layer.addForwardHook(() => {});
    expect([...layer.stateDict().keys()]).toEqual(['weight', 'bias']);
    expect(`${layer}`).toBe(before);
  });
});

describe('cast', () => {
  test('turns parameters and float buffers to float64 and back, and leaves counts alone', () => {
    const net = network();
    net.forward(normal([2, 1, 4, 4]));
    const before = new Map([...net.stateDict()].map(([name, value]) => [name, value.dataSync()]));
    const { weight } = net.at(7) as Linear;
    expect(net.cast('float64')).toBe(net);
    expect(weight.disposed).toBe(true);
    for (const [name, value] of net.stateDict()) {
      expect(value.dtype, name).toBe(name === '1.batchesTracked' ? 'int32' : 'float64');
      expect(value instanceof Parameter || value instanceof StateBuffer).toBe(true);
    }
    expect(net.parameters().every((parameter) => parameter.requiresGrad)).toBe(true);
    expect(net.parameterGroups().map(({ parameters }) => parameters.length)).toEqual([5, 2, 1]);
    expect(net.eval().forward(ones([2, 1, 4, 4], { dtype: 'float64' })).dtype).toBe('float64');
    net.cast('float32');
    expect(new Map([...net.stateDict()].map(([name, value]) => [name, value.dataSync()]))).toEqual(before);
  });

  test('reaches entries of arrays', () => {
    const mixed = new Mixed().cast('float64');
    expect([...mixed.stateDict()].map(([, { dtype }]) => dtype)).toEqual([
      'float64',
      'float64',
      'float64',
      'int32',
      ...Array.from({ length: 5 }, () => 'float64'),
    ]);
    expect(mixed.shifts[1]!.role).toBe('normalization');
    expect(mixed.forward(ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64');
  });

  test('keeps what has the type already', () => {
    const layer = new Linear(2, 2);
    const { weight } = layer;
    layer.cast('float32');
    expect(layer.weight).toBe(weight);
  });

  test('frees the old tensors and their gradients', () => {
    const before = memory();
    const net = network();
    const made = memory();
    scope(() => backward(net.forward(ones([2, 1, 4, 4])).sum()));
    net.cast('float64').cast('float32');
    expect(memory()).toEqual(made);
    net.dispose();
    expect(memory()).toEqual(before);
  });
});

describe('lifetime', () => {
  test('dispose frees parameters, buffers and gradients, and may be called twice', () => {
    const before = memory();
    const net = network();
    scope(() => backward(net.forward(ones([2, 1, 4, 4])).sum()));
    net.dispose();
    expect(memory()).toEqual(before);
    net.dispose();
    expect(() => net.forward(ones([2, 1, 4, 4]))).toThrow(DisposedError);
  });

  test('a module made in a scope outlives it', () => {
    const layer = scope(() => new Linear(2, 2));
    expect(scope(() => layer.forward(ones([1, 2])).shape)).toEqual([1, 2]);
    layer.dispose();
  });

  test('zeroGrad frees gradients only', () => {
    const layer = new Linear(2, 2);
    const made = memory();
    scope(() => backward(layer.forward(ones([1, 2])).sum()));
    expect(layer.weight.grad!.shape).toEqual([2, 2]);
    layer.zeroGrad();
    layer.zeroGrad();
    expect(layer.weight.grad).toBeUndefined();
    expect(memory()).toEqual(made);
  });
});

describe('Parameter', () => {
  test('takes over the tensor', () => {
    const initial = tensor([1, 2]);
    const parameter = new Parameter(initial);
    expect(initial.disposed).toBe(true);
    expect(parameter.requiresGrad).toBe(true);
    expect(parameter.role).toBe('weight');
    expect(parameter.dataSync()).toEqual(Float32Array.of(1, 2));
  });

  test('must have elements that have gradients', () => {
    expect(() => new Parameter(tensor(Int32Array.of(1)))).toThrow(DTypeError);
  });
});

test('a parameter shows its elements in console.log', () => {
  const weight = new Parameter(tensor([1.5, -2]));
  expect(inspect(weight)).toBe('tensor([ 1.5000, -2.0000], float32)');
});

test('prints as a tree with settings and numbers of parameters', () => {
  expect(`${network()}`).toMatchInlineSnapshot(`
    "Sequential()  57
      0: Conv2d(1 → 2, kernel 3×3, padding 1, no bias)  18
      1: BatchNorm2d(2)  4
      2: Polynomial(2 terms, even-odd, bound 2, learnable)  2
      3: Residual()  6
        body: Sequential()  6
          0: Conv2d(2 → 2, kernel 1×1)  6
          1: ReLU()
      4: MaxPool2d(kernel 2)
      5: Flatten()
      6: Dropout(0.25)
      7: Linear(8 → 3)  27"
  `);
  expect(`${new Mixed()}`).toMatchInlineSnapshot(`
    "Mixed()  19
      blocks.0: Linear(2 → 2)  6
      blocks.1: ReLU()
      blocks.2: Linear(2 → 2, no bias)  4
      head: Sequential()  3
        0: Linear(2 → 1)  3"
  `);
});
