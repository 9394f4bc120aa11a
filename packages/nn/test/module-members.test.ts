import { backward, checkpoint, grad, noGrad, trace } from '@pnn/autograd';
import { ArgumentError, memory, ones, scope, type Tensor, zeros } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { Dropout, Linear, ReLU, Sequential } from '../src/layers/index.js';
import { Module } from '../src/module.js';
import { SGD } from '../src/optimizers/index.js';
import { Parameter, StateBuffer } from '../src/parameter.js';
import { ModuleError } from '../src/running.js';

const linear = () => new Linear(2, 2, { bias: false });
const x = () => ones([1, 2]);

describe('found', () => {
  class Nested extends Module {
    readonly grid = [[linear(), linear()], [linear()]];
    readonly heads = new Map<string | number, Module>([
      ['cat', linear()],
      [7, new Sequential(linear())],
    ]);
    readonly named = { left: linear(), deep: { scales: [new Parameter(ones([2]))] } };
    readonly counts = new Map([['seen', new StateBuffer(zeros([], { dtype: 'int32' }))]]);
    readonly generators = new Set([1, 2]);
    readonly settings = { rates: [0.1, 0.2], name: 'x', nothing: null };

    override forward(input: Tensor): Tensor {
      const rows = this.grid.flat().reduce((value, layer) => layer.forward(value), input);
      const heads = [...this.heads.values()].reduce((value, layer) => layer.forward(value), rows);
      return this.named.left.forward(heads).mul(this.named.deep.scales[0]!);
    }
  }

  test('are modules, parameters and buffers in nested arrays, Maps and plain objects', () => {
    const net = new Nested();
    expect(net.children().map(([name]) => name)).toEqual([
      'grid.0.0',
      'grid.0.1',
      'grid.1.0',
      'heads.cat',
      'heads.7',
      'named.left',
    ]);
    expect([...net.stateDict().keys()]).toEqual([
      'named.deep.scales.0',
      'counts.seen',
      'grid.0.0.weight',
      'grid.0.1.weight',
      'grid.1.0.weight',
      'heads.cat.weight',
      'heads.7.0.weight',
      'named.left.weight',
    ]);
    expect(net.parameters()).toHaveLength(7);
    net.eval();
    expect(new Set([...net.namedModules()].map(([, { training }]) => training))).toEqual(new Set([false]));
  });

  test('are trained, cast and freed', () => {
    const before = memory();
    const net = new Nested();
    scope(() => backward(net.forward(x()).sum()));
    expect(net.parameters().every((parameter) => parameter.grad)).toBe(true);
    net.cast('float64');
    expect([...net.stateDict().values()].map(({ dtype }) => dtype)).toEqual(
      Array.from({ length: 8 }, (_, i) => (i === 1 ? 'int32' : 'float64')),
    );
    expect(scope(() => net.forward(ones([1, 2], { dtype: 'float64' })).dtype)).toBe('float64');
    net.dispose();
    expect(memory()).toEqual(before);
  });

  test('ends where containers contain one another', () => {
    class Circular extends Module {
      readonly ring: unknown[] = [linear()];

      constructor() {
        super();
        this.ring.push({ back: this.ring, map: new Map([['ring', this.ring]]) });
      }

      override forward(input: Tensor): Tensor {
        return input;
      }
    }
    expect([...new Circular().stateDict().keys()]).toEqual(['ring.0.weight']);
  });

  test('or refused where they have no name', () => {
    class InSet extends Module {
      readonly layers = new Set([linear()]);
      override forward(input: Tensor): Tensor {
        return input;
      }
    }
    class UnderObject extends Module {
      readonly layers = { map: new Map([[{}, [linear()]]]) };
      override forward(input: Tensor): Tensor {
        return input;
      }
    }
    for (const Net of [InSet, UnderObject]) {
      expect(() => new Net().parameters()).toThrow(
        new ArgumentError(
          `${Net.name}.layers: what is in a Set, or in a Map under a key that is neither a string nor a number, has no ` +
            'name: keep modules and parameters in an array, or in a Map under their names',
        ),
      );
    }
  });
});

test.each([
  ['heads.1.weight', [1, '1']],
  ['heads.a.b.weight', ['a.b', 'a']],
] as const)('two tensors that would be called %s are refused, not one of them forgotten', (name, [first, second]) => {
  class Twice extends Module {
    readonly heads = new Map<string | number, unknown>([
      [first, linear()],
      [second, second === 'a' ? { b: linear() } : linear()],
    ]);

    override forward(input: Tensor): Tensor {
      return input;
    }
  }
  const message = new ArgumentError(
    `Twice: two tensors are called ${name}: give the keys of Maps and objects other names, which differ as texts and have ` +
      'no dots',
  );
  expect(() => new Twice().stateDict()).toThrow(message);
  expect(() => new Twice().parameters()).toThrow(message);
});

describe('hidden from everybody else', () => {
  class Hidden extends Module {
    readonly #layer: Module;

    constructor(layer: Module) {
      super();
      this.#layer = layer;
    }

    override forward(input: Tensor): Tensor {
      return this.#layer.forward(input);
    }
  }

  test('a module in a #private field is refused by name when it computes', () => {
    const net = new Sequential(linear(), new Hidden(linear()));
    const before = memory();
    expect(() => scope(() => net.forward(x()))).toThrow(
      new ModuleError(
        'Hidden computes with a Linear that is not among the modules of Sequential: it would not be trained, saved or ' +
          'switched to evaluation: make it a property, also in an array, Map or object (but not a #private field, which ' +
          'nobody else can see), or set its `external` to true where that is done elsewhere',
      ),
    );
    expect(memory()).toEqual(before);
    expect(() => net.forward(x())).toThrow(ModuleError);
    expect(() => noGrad(() => net.eval().forward(x()))).toThrow(ModuleError);
  });

  test('whatever hides it: a closure, a class that is no module, a list made on the way', () => {
    const outside = linear();
    class Closure extends Module {
      override forward(input: Tensor): Tensor {
        return outside.forward(input);
      }
    }
    class Block {
      readonly layer = linear();
    }
    class InPlainClass extends Module {
      readonly block = new Block();
      override forward(input: Tensor): Tensor {
        return this.block.layer.forward(input);
      }
    }
    for (const net of [new Closure(), new InPlainClass()]) expect(() => net.forward(x())).toThrow(ModuleError);
  });

  test('a module that was found before and was taken out is not refused, one that comes later is found', () => {
    class Growing extends Module {
      readonly layers: Module[] = [linear()];
      override forward(input: Tensor): Tensor {
        return this.layers.reduce((value, layer) => layer.forward(value), input);
      }
    }
    const net = new Growing();
    net.forward(x());
    net.layers.push(linear());
    expect(net.forward(x()).shape).toEqual([1, 2]);
  });

  test('a parameter or buffer of its own is refused the first time', () => {
    class Scaled extends Module {
      readonly #scale: Tensor;
      constructor(scale: Tensor) {
        super();
        this.#scale = scale;
      }
      override forward(input: Tensor): Tensor {
        return input.mul(this.#scale);
      }
    }
    expect(() => new Scaled(new Parameter(ones([2]))).forward(x())).toThrow(
      new ModuleError(
        'Scaled computes with a Parameter [2] that is not among those of its modules: it would not be trained or saved: ' +
          'make it a property, also in an array, Map or object (but not a #private field, which nobody else can see)',
      ),
    );
    const buffered = new Sequential(new Scaled(new StateBuffer(ones([2]))));
    expect(() => buffered.forward(x())).toThrow(ModuleError);
    expect(() => new Scaled(ones([2])).forward(x())).not.toThrow();
  });

  test('a Dropout is refused where evaluation does not reach it', () => {
    const net = new Hidden(new Dropout(0.5));
    expect(() => net.forward(x())).not.toThrow();
    expect(() => net.eval().forward(x())).toThrow(
      new ModuleError(
        'Hidden is in evaluation, but computes with a Dropout that trains and is not among its modules: make it a ' +
          'property, also in an array, Map or object (but not a #private field, which nobody else can see)',
      ),
    );
    const registered = new Sequential(new Dropout(0.5)).eval();
    registered.at(0)!.train();
    expect(() => registered.forward(x())).not.toThrow();
  });

  test('what changes nothing is let through', () => {
    class Functional extends Module {
      readonly layer = linear();
      override forward(input: Tensor): Tensor {
        const shared = linear();
        shared.weight.dispose();
        Object.assign(shared, { weight: this.layer.weight });
        return new ReLU().forward(shared.forward(input));
      }
    }
    const net = new Functional();
    expect(() => net.forward(x())).not.toThrow();
    expect(() => net.eval().forward(x())).not.toThrow();
    // A parameter may be the input of a network.
    const latent = new Parameter(ones([1, 2]));
    expect(grad(linear().forward(latent).sum(), [latent])).toHaveLength(1);
  });

  test('a module that is trained elsewhere is let through when it says so, with all in it', () => {
    const teacher = new Sequential(linear(), new Sequential(linear()));
    teacher.external = true;
    const student = new Hidden(teacher);
    for (let run = 0; run < 2; run++) expect(student.forward(x()).shape).toEqual([1, 2]);
    expect(student.parameters()).toEqual([]);
    const flawed = new Hidden(linear());
    flawed.external = true;
    expect(() => new Sequential(flawed).forward(x())).toThrow(ModuleError);
  });

  test('the checks stay out of traces, checkpoints and errors', () => {
    const net = new Sequential(linear(), new ReLU());
    scope(() => {
      using graph = trace(net, [x()]);
      expect(graph.nodes.map(({ operator }) => operator)).toEqual(['matmul', 'relu']);
      const output = checkpoint((input) => net.forward(input), [x()]);
      output.sum().backward();
    });
    expect(net.parameters()[0]!.grad).toBeDefined();
    expect(() => net.forward(ones([1, 3]))).toThrow();
    // The network is not still running.
    expect(() => linear().forward(x())).not.toThrow();
  });

  test('an optimizer trains what is found', () => {
    class Net extends Module {
      readonly layers = new Map([['only', [linear()]]]);
      override forward(input: Tensor): Tensor {
        return this.layers.get('only')![0]!.forward(input);
      }
    }
    const net = new Net();
    const [weight] = net.parameters();
    const before = Array.from(weight!.dataSync());
    const optimizer = new SGD(net.parameterGroups(), { lr: 0.5 });
    scope(() => backward(net.forward(x()).sum()));
    optimizer.step();
    expect(Array.from(weight!.dataSync())).toEqual(before.map((value) => Math.fround(value - 0.5)));
  });
});
