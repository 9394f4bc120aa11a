import {
  AdamW,
  ArgumentError,
  apply,
  BatchNorm1d,
  BatchNorm2d,
  binaryCrossEntropy,
  Conv2d,
  checkpoint,
  clipGradientNorm,
  crossEntropy,
  customOperator,
  type Device,
  DisposedError,
  Dropout,
  DTypeError,
  dropoutMask,
  Flatten,
  Generator,
  type Graph,
  type GraphNode,
  grad,
  Linear,
  Module,
  memory,
  noGrad,
  normal,
  ones,
  operator,
  operators,
  Parameter,
  ReLU,
  reference,
  requireGrad,
  Sequential,
  ShapeError,
  scope,
  setSeed,
  type Tensor,
  TraceError,
  tensor,
  trace,
  uniform,
  updateInPlace,
  wasm,
  zeros,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { bits, expectSameBits } from './same-bits.js';

const operatorsOf = (graph: Graph) =>
  graph.nodes.map((node) => (node.operator === 'custom' ? node.name : node.operator));

const originsOf = (graph: Graph) => graph.constants.map(({ origin }) => origin);

function nodeOf<Name extends GraphNode['operator']>(graph: Graph, name: Name): Extract<GraphNode, { operator: Name }> {
  return graph.nodes.find((node) => node.operator === name) as Extract<GraphNode, { operator: Name }>;
}

const row = (...numbers: number[]) => tensor(numbers);

beforeEach(() => setSeed(1));

describe('a traced function', () => {
  it('has its operators in order, with attributes, shapes and types', () => {
    scope(() => {
      using graph = trace((x, y) => x.matmul(y, { transposeB: true }).greater(0.5), [ones([2, 3]), ones([4, 3])]);
      expect(graph.inputs).toMatchObject([
        { kind: 'input', shape: [2, 3], dtype: 'float32' },
        { kind: 'input', shape: [4, 3], dtype: 'float32' },
      ]);
      const [product, comparison] = graph.nodes;
      expect(product).toMatchObject({
        operator: 'matmul',
        attributes: { transposeA: false, transposeB: true },
        outputs: [{ kind: 'result', shape: [2, 4], dtype: 'float32' }],
        inPlace: false,
        module: undefined,
      });
      expect(product!.inputs).toEqual(graph.inputs);
      expect(comparison!.inputs[0]).toBe(product!.outputs[0]);
      expect(comparison!.inputs[1]).toBe(graph.constants[0]);
      expect(graph.constants[0]).toMatchObject({ shape: [], origin: { kind: 'number', value: 0.5 } });
      expect(graph.outputs).toEqual([{ kind: 'result', shape: [2, 4], dtype: 'bool' }]);
      expect(graph.outputs[0]).toBe(comparison!.outputs[0]);
    });
  });

  it('tells by the name of an operator what its attributes are', () => {
    scope(() => {
      using graph = trace((x) => x.softmax(0), [ones([2, 3])]);
      const axes: readonly number[] = nodeOf(graph, 'permute').attributes.axes;
      expect(axes).toEqual([1, 0]);
    });
  });

  it('keeps attributes as they were', () => {
    const axes = [1, 0];
    scope(() => {
      using graph = trace((x) => apply(operatorOfAxes, [x], { axes })[0]!, [ones([1, 2])]);
      axes.reverse();
      expect(graph.nodes[0]!.attributes).toEqual({ axes: [1, 0] });
    });
  });

  it('may have several outputs, some of them inputs, constants, or twice the same', () => {
    scope(() => {
      const w = row(5, 6);
      const f = (x: Tensor) => {
        const y = x.mul(w);
        return [y, x, w, y, y.detach()];
      };
      using graph = trace(f, [row(1, 2)]);
      expect(operatorsOf(graph)).toEqual(['mul']);
      const [y, x, constant, again, detached] = graph.outputs;
      expect([x!.kind, constant!.kind]).toEqual(['input', 'constant']);
      expect(again).toBe(y);
      expect(detached).toBe(y);
      expectSameBits(graph, f, [row(3, 4)]);
      const input = row(3, 4);
      // Handles of their own, which can be freed one by one.
      for (const result of graph.run([input])) result.dispose();
      expect([...input.dataSync(), ...w.dataSync()]).toEqual([3, 4, 5, 6]);
    });
  });

  it('tells arguments apart, also where they are the same tensor, or one that it has captured', () => {
    scope(() => {
      const x = row(1, 2);
      const f = (a: Tensor, b: Tensor) => a.sub(b).mul(x);
      using graph = trace(f, [x, x]);
      expect(graph.nodes[0]!.inputs).toEqual(graph.inputs);
      expect(graph.inputs[0]).not.toBe(graph.nodes[0]!.inputs[1]);
      expect(originsOf(graph)).toEqual([{ kind: 'captured' }]);
      expectSameBits(graph, f, [row(3, 4), row(7, 9)]);
    });
  });

  it('may use nothing, or give nothing', () => {
    scope(() => {
      using constant = trace(() => ones([2]).add(1), []);
      expect([...constant.run([])[0]!.dataSync()]).toEqual([2, 2]);
      using nothing = trace(() => [], [ones([1])]);
      expect(nothing.run([ones([1])])).toEqual([]);
    });
  });

  it('shows calls on constants, in noGrad, and through detached tensors', () => {
    scope(() => {
      const w = requireGrad(row(1, 2));
      const f = (x: Tensor) => {
        const prepared = noGrad(() => w.square().detach());
        return x.detach().mul(prepared.sum());
      };
      using graph = trace(f, [row(3, 4)]);
      expect(operatorsOf(graph)).toEqual(['square', 'sum', 'reshape', 'mul']);
      expectSameBits(graph, f, [row(5, 6)]);
    });
  });

  it('shows the calls of backward', () => {
    scope(() => {
      const f = (x: Tensor) => grad(x.square().sum(), [x]);
      using graph = trace(f, [requireGrad(row(3, 4))]);
      expect(operatorsOf(graph)).toEqual(expect.arrayContaining(['square', 'sum', 'broadcast', 'mul']));
      expectSameBits(graph, f, [requireGrad(row(5, 6))]);
    });
  });

  it('says whether it read what it computes', () => {
    scope(() => {
      const w = row(2);
      const reads = (f: (x: Tensor) => Tensor) => {
        using graph = trace(f, [row(1)]);
        return graph.readsValues;
      };
      expect(reads((x) => x.mul(w.itemSync()))).toBe(false);
      expect(reads((x) => (x.itemSync() > 0 ? x.neg() : x))).toBe(true);
      expect(reads((x) => x.mul(x.add(1).itemSync()))).toBe(true);
      // What was filled or captured and then changed was computed.
      expect(reads((x) => x.mul(zeros([1]).assign(x).itemSync()))).toBe(true);
      expect(reads((x) => x.mul(w.assign(x).itemSync()))).toBe(true);
      expect(reads((x) => x.mul(tensor([3]).itemSync()))).toBe(false);
    });
  });
});

const operatorOfAxes = operator<readonly [Tensor], { readonly axes: readonly number[] }>({
  name: 'exchange',
  infer: ([x], { axes }) => [{ shape: axes.map((axis) => x.shape[axis]!), dtype: x.dtype }],
  launch: (kernels, [x], [out], { axes }) => kernels.permute(x, out!, axes),
});

describe('constants', () => {
  it('say where they come from', () => {
    scope(() => {
      const model = new Sequential(new Linear(2, 2), new BatchNorm1d(2)).eval();
      const captured = row(1, 2);
      const f = (x: Tensor) =>
        model
          .forward(x)
          .add(captured)
          .add(zeros([2]))
          .mul(tensor([[3, 4]]))
          .mul(0.5);
      using graph = trace(f, [ones([1, 2])], { module: model });
      expect(originsOf(graph)).toEqual([
        { kind: 'parameter', name: '0.weight' },
        { kind: 'parameter', name: '0.bias' },
        { kind: 'buffer', name: '1.runningVariance' },
        { kind: 'number', value: 1e-5 },
        { kind: 'parameter', name: '1.gamma' },
        { kind: 'buffer', name: '1.runningMean' },
        { kind: 'parameter', name: '1.beta' },
        { kind: 'captured' },
        { kind: 'number', value: 0 },
        { kind: 'literal' },
        { kind: 'number', value: 0.5 },
      ]);
      expectSameBits(graph, f, [row(3, 4).reshape([1, 2])]);
      model.dispose();
    });
  });

  it('are shared with parameters, so that a run sees what training made of them', () => {
    scope(() => {
      const layer = new Linear(2, 2);
      using graph = trace(layer, [ones([1, 2])]);
      layer.weight.assign(layer.weight.mul(3));
      expectSameBits(graph, (x) => layer.forward(x), [ones([1, 2])]);
      layer.dispose();
    });
  });

  it('live as long as the graph', () => {
    const before = memory();
    const graph = scope(() => {
      const [w, v] = [row(1, 2), row(3, 4)];
      return trace(
        (x) =>
          x
            .mul(w)
            .add(tensor([5, 6]))
            .add(v.reshape([2]))
            .add(1),
        [row(0, 1)],
      );
    });
    expect(memory().tensors - before.tensors).toBe(graph.constants.length);
    expect(scope(() => [...graph.run([row(10, 20)])[0]!.dataSync()])).toEqual([19, 51]);
    graph.dispose();
    expect(memory()).toEqual(before);
  });

  it('are all that lives on: not the gradients that backward adds up for arguments', () => {
    const before = memory();
    const x = requireGrad(row(1, 2));
    const graph = trace(
      (a) => {
        a.square().sum().backward();
        return a.grad!;
      },
      [x],
    );
    expect(memory().tensors - before.tensors).toBe(graph.constants.length + 1);
    expect(scope(() => [...graph.run([row(3, 4)])[0]!.dataSync()])).toEqual([6, 8]);
    expect(() =>
      trace(
        (a) => {
          a.sum().backward();
          return a.add(row(1, 2, 3));
        },
        [x],
      ),
    ).toThrow(ShapeError);
    graph.dispose();
    x.dispose();
    expect(memory()).toEqual(before);
  });

  it('of a module that was freed in part are not kept', () => {
    const layer = new Linear(2, 2);
    layer.bias!.dispose();
    const before = memory();
    expect(() => trace(layer, [])).toThrow(DisposedError);
    expect(memory()).toEqual(before);
    layer.weight.dispose();
  });

  it('of a function that failed are freed', () => {
    const before = memory();
    scope(() => {
      const w = row(1, 2);
      const failing = (x: Tensor) => x.mul(w).add(row(1, 2, 3));
      expect(() => trace(failing, [row(1, 2)])).toThrow(ShapeError);
      // And nobody follows what comes after.
      using graph = trace((x) => x.mul(2), [row(1)]);
      expect(operatorsOf(graph)).toEqual(['mul']);
    });
    expect(memory()).toEqual(before);
  });
});

describe('updates in place', () => {
  it('are nodes without outputs, and happen in every run', () => {
    scope(() => {
      const layer = new BatchNorm1d(2);
      const twin = new BatchNorm1d(2);
      const [x, y] = [
        tensor([
          [1, 2],
          [3, 5],
        ]),
        tensor([
          [0, 1],
          [7, -5],
        ]),
      ];
      using graph = trace(layer, [x]);
      twin.forward(x);
      expect(operatorsOf(graph)).toEqual(['batchNorm', 'add', 'assign', 'assignLerp', 'assignLerp']);
      expect(graph.nodes.map(({ inPlace }) => inPlace)).toEqual([false, false, true, true, true]);
      expect(graph.nodes[3]!.outputs).toEqual([]);
      expect(nodeOf(graph, 'assignLerp').attributes.weight).toBe(0.1);
      for (const input of [x, y]) expectSameBits(graph, (each) => twin.forward(each), [input]);
      for (const name of ['runningMean', 'runningVariance', 'batchesTracked'] as const) {
        expect(bits(() => layer[name]!)).toEqual(bits(() => twin[name]!));
      }
      layer.dispose();
      twin.dispose();
    });
  });

  it('reach views, as in the function', () => {
    scope(() => {
      const f = (x: Tensor) => {
        const copy = x.clone();
        const view = copy.reshape([2, 1]);
        view.assignLerp(ones([2, 1]), 0.5);
        return [copy, view, copy.add(1)];
      };
      using graph = trace(f, [row(3, 5)]);
      for (const input of [row(3, 5), row(-1, 2)]) expectSameBits(graph, f, [input]);
    });
  });

  it('of tensors that the function makes begin anew in every run', () => {
    scope(() => {
      const f = (x: Tensor) => {
        const sum = zeros([2]);
        const scale = tensor([1, 10]);
        const wide = scale.reshape([1, 2]);
        for (let i = 0; i < 3; i++) {
          sum.assign(sum.add(x.mul(scale)));
          wide.assign(wide.mul(2));
        }
        return sum;
      };
      using graph = trace(f, [row(1, 2)]);
      expect(graph.constants.filter(({ copied }) => copied).map(({ origin }) => origin.kind)).toEqual([
        'literal',
        'number',
      ]);
      for (const input of [row(1, 2), row(5, 7), row(1, 2)]) expectSameBits(graph, f, [input]);
      using untouched = trace((x) => x.add(zeros([2])), [row(1, 2)]);
      expect(untouched.constants[0]!.copied).toBe(false);
    });
  });

  it('of an argument leave the tensor that was traced alone', () => {
    scope(() => {
      const x = row(1, 2);
      using graph = trace((a) => a.assign(a.mul(2)), [x]);
      expect([...x.dataSync()]).toEqual([1, 2]);
      graph.run([x]);
      expect([...x.dataSync()]).toEqual([2, 4]);
    });
  });
});

describe('random masks', () => {
  it('are nodes that draw anew from where the function draws', () => {
    scope(() => {
      const layers = [new Dropout(0.5), new Dropout(0.5, new Generator(3))];
      const twins = [new Dropout(0.5), new Dropout(0.5, new Generator(3))];
      const f = (dropouts: Dropout[]) => (x: Tensor) => dropouts.reduce((value, layer) => layer.forward(value), x);
      const x = ones([64]);
      using graph = trace(f(layers), [x]);
      setSeed(1);
      f(twins)(x);
      expect(operatorsOf(graph)).toEqual(['bernoulli', 'mul', 'bernoulli', 'mul']);
      const first = bits(() => graph.run([x]));
      expect(first).toEqual(bits(() => f(twins)(x)));
      expect(bits(() => graph.run([x]))).not.toEqual(first);
    });
  });

  it('are missing in evaluation', () => {
    scope(() => {
      using graph = trace(new Dropout(0.5).eval(), [ones([2])]);
      expect(graph.nodes).toEqual([]);
      expect(graph.outputs).toEqual(graph.inputs);
    });
  });

  it('may not be seeded by the function, which the graph would not do', () => {
    scope(() => {
      const generator = new Generator(2, 'own');
      const seeding = [
        (x: Tensor) => dropoutMask(x, 0.5, new Generator(2)),
        (x: Tensor) => {
          setSeed(4);
          return dropoutMask(x, 0.5);
        },
        (x: Tensor) => {
          const before = generator.state();
          const mask = dropoutMask(x, 0.5, generator);
          generator.resume({ ...before, position: before.position + 1 });
          return mask.add(dropoutMask(x, 0.5, generator));
        },
      ];
      for (const f of seeding) expect(() => trace(f, [ones([2])])).toThrow(TraceError);
      expect(() => trace(seeding[2]!, [ones([2])])).toThrow(
        "trace: the function says itself where its random numbers from the stream 'own' begin, but the graph goes on " +
          'in a stream: seed it outside of the function',
      );
    });
  });

  it('are all that may be random', () => {
    scope(() => {
      const generator = new Generator(1, 'noise');
      // Normal numbers are made in pairs: the second one of this pair is there already.
      const half = new Generator(1);
      half.normal();
      const draws = [
        (x: Tensor) => x.add(normal([2])),
        (x: Tensor) => x.add(uniform([2], 0, 1, { generator })),
        (x: Tensor) => x.mul(generator.integer(5)),
        (x: Tensor) => x.mul(half.normal()),
      ];
      for (const f of draws) expect(() => trace(f, [ones([2])])).toThrow(TraceError);
      expect(() => trace(draws[2]!, [ones([2])])).toThrow(
        "trace: the function draws a random number from the stream 'noise', which the graph could not do: " +
          'use dropoutMask(), or pass what is drawn as an input',
      );
    });
  });
});

describe('checkpoint', () => {
  it('is followed', () => {
    scope(() => {
      const w = requireGrad(row(2, 3));
      const f = (x: Tensor) => checkpoint((a) => a.mul(w).mul(dropoutMask(a, 0.5)), [x]).exp();
      for (const each of [f, (x: Tensor) => noGrad(() => f(x)), (x: Tensor) => grad(f(x).sum(), [w])]) {
        using graph = trace(each, [row(1, 2)]);
        expect(operatorsOf(graph)).toEqual(expect.arrayContaining(['mul', 'bernoulli', 'exp']));
        expectSameBits(graph, each, [row(0.5, -1)]);
      }
    });
  });

  it('has one mask where backward draws it again', () => {
    scope(() => {
      const w = requireGrad(ones([64]));
      const body = (a: Tensor) => a.mul(w).mul(dropoutMask(a, 0.5)).mul(dropoutMask(a, 0.2));
      const f = (x: Tensor) => grad(checkpoint(body, [checkpoint(body, [x])]).sum(), [w]);
      using graph = trace(f, [ones([64])]);
      expect(operatorsOf(graph).filter((name) => name === 'bernoulli').length).toBe(4);
      expectSameBits(graph, f, [ones([64])]);
      expect(bits(() => [...graph.run([ones([64])]), ...graph.run([ones([64])])])).toEqual(
        bits(() => [...f(ones([64])), ...f(ones([64]))]),
      );
    });
  });
});

describe('a custom operator', () => {
  const cube = customOperator({
    name: 'cube',
    forward: ([x]) => x!.square().mul(x!),
    vjps: [(g, call) => g.mul(call.input(0).square().mul(3))],
  });

  /** On the host, and how often it ran there. */
  let runs = 0;
  const cubeRoot = customOperator<{ readonly sign: number }>({
    name: 'cubeRoot',
    forward: ([x], { sign }) => {
      runs++;
      const view = x!.reshape([x!.size]).detach();
      return tensor(view.dataSync().map((value) => sign * Math.cbrt(value))).reshape(x!.shape);
    },
    vjps: [undefined],
  });

  it('is the operators that it calls', () => {
    scope(() => {
      const f = (x: Tensor) => cube([x]).add(1);
      using graph = trace(f, [requireGrad(row(1, 2))]);
      expect(operatorsOf(graph)).toEqual(['square', 'mul', 'add']);
      expectSameBits(graph, f, [row(3, -4)]);
      const slope = (x: Tensor) => grad(cube([x]).sum(), [x]);
      using gradient = trace(slope, [requireGrad(row(1, 2))]);
      expectSameBits(gradient, slope, [requireGrad(row(3, -4))]);
    });
  });

  it('is one node where it reads elements, which computes with those of every run', () => {
    scope(() => {
      const f = (x: Tensor) => {
        const root = cubeRoot([x.add(1)], { sign: -1 });
        return [root.detach().reshape([2]).mul(2), x.reshape([2]).detach()];
      };
      using graph = trace(f, [tensor([[1, 2]])]);
      expect(operatorsOf(graph)).toEqual(['add', 'cubeRoot', 'reshape', 'mul', 'reshape']);
      expect(graph.nodes[1]).toMatchObject({ operator: 'custom', name: 'cubeRoot', attributes: { sign: -1 } });
      expect(graph.readsValues).toBe(false);
      const before = runs;
      expectSameBits(graph, f, [tensor([[26, -9]])]);
      expect(runs).toBe(before + 2);
    });
  });

  it('is one node where it draws random numbers, or launches kernels', () => {
    scope(() => {
      const generator = new Generator(2);
      const noisy = customOperator({
        name: 'noisy',
        forward: ([x]) => x!.add(normal(x!.shape, 0, 1, { generator })).neg(),
        vjps: [(g) => g],
      });
      const negated = customOperator({
        name: 'negated',
        forward: ([x]) => {
          const out = x!.allocate(x!.shape, x!.dtype);
          x!.device.kernels.unary.neg(x!, out);
          return out.mul(2);
        },
        vjps: [(g) => g],
      });
      using graph = trace((x) => negated([noisy([x])]), [row(1, 2)]);
      expect(operatorsOf(graph)).toEqual(['noisy', 'negated']);
      const state = generator.state();
      const result = bits(() => graph.run([row(5, 6)]));
      generator.resume(state);
      expect(result).toEqual(bits(() => negated([noisy([row(5, 6)])])));
    });
  });

  it('that is one node may change in place what it is given, what it makes and what it has captured', () => {
    scope(() => {
      const seen = row(0, 0);
      const accumulate = customOperator({
        name: 'accumulate',
        forward: ([x, total]) => {
          const own = zeros([2]);
          const start = own.add(x!);
          x!.dataSync();
          own.assign(start);
          total!.assign(total!.add(own));
          seen.assign(own);
          return own.neg();
        },
        vjps: [undefined, undefined],
      });
      const f = (x: Tensor) => {
        const total = ones([2]);
        const negated = accumulate([x, total]);
        return [negated, total, seen.mul(2)];
      };
      using graph = trace(f, [row(1, 2)]);
      expect(operatorsOf(graph)).toEqual(['accumulate', 'mul']);
      for (const input of [row(3, 4), row(5, 6), row(5, 6)]) expectSameBits(graph, f, [input]);
    });
  });

  it('inside of another is a node among those of the other', () => {
    scope(() => {
      const outer = customOperator({
        name: 'outer',
        forward: ([x]) => cubeRoot([x!.square()], { sign: 1 }).add(1),
        vjps: [undefined],
      });
      using graph = trace((x) => outer([x]), [row(1, 2)]);
      expect(operatorsOf(graph)).toEqual(['square', 'cubeRoot', 'add']);
      expectSameBits(graph, (x) => outer([x]), [row(3, 4)]);
    });
  });

  it('that a program applies itself is a node with its attributes', () => {
    scope(() => {
      const f = (x: Tensor) => apply(operatorOfAxes, [x], { axes: [1, 0] })[0]!;
      using graph = trace(f, [ones([2, 3])]);
      expect(graph.nodes).toMatchObject([{ operator: 'custom', name: 'exchange', attributes: { axes: [1, 0] } }]);
      expectSameBits(graph, f, [
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ]);
    });
  });
});

describe('a traced module', () => {
  class Twice extends Module {
    readonly scale = new Parameter(ones([2]));
    readonly inner = new Sequential(new Linear(2, 2), new ReLU());

    override forward(x: Tensor, y: Tensor): Tensor {
      const weight = this.inner.forward(x).mul(this.scale);
      return this.inner.forward(weight).add(y);
    }
  }

  it('may have a forward of its own, with several inputs; every node knows its module', () => {
    scope(() => {
      const model = new Twice();
      const inputs = [ones([1, 2]), tensor([[3, 4]])];
      using graph = trace(model, inputs);
      expect(graph.nodes.map(({ operator, module }) => `${operator} ${module!.path} ${module!.type}`)).toEqual([
        'matmul inner.0 Linear',
        'add inner.0 Linear',
        'relu inner.1 ReLU',
        'mul  Twice',
        'matmul inner.0 Linear',
        'add inner.0 Linear',
        'relu inner.1 ReLU',
        'add  Twice',
      ]);
      expectSameBits(graph, (x, y) => model.forward(x, y), [tensor([[5, -6]]), tensor([[7, 8]])]);
      model.dispose();
    });
  });

  it('has each shared parameter once, under its first name', () => {
    class Tied extends Module {
      readonly first = new Linear(2, 2, { bias: false });
      readonly weight = this.first.weight;

      override forward(x: Tensor): Tensor {
        return this.first.forward(x).matmul(this.weight);
      }
    }
    scope(() => {
      const model = new Tied();
      using graph = trace(model, [ones([1, 2])]);
      expect(originsOf(graph)).toEqual([{ kind: 'parameter', name: 'weight' }]);
      expectSameBits(graph, (x) => model.forward(x), [tensor([[5, -6]])]);
      model.dispose();
    });
  });

  it('inside of a function has names where the function says which it is', () => {
    scope(() => {
      const model = new Sequential(new Linear(2, 3));
      const labels = tensor([1, 0], { dtype: 'int32' });
      const f = (x: Tensor, y: Tensor) => crossEntropy(model.forward(x), y);
      using graph = trace(f, [ones([2, 2]), labels], { module: model });
      expect(graph.nodes.map(({ module }) => module?.path)).toEqual(expect.arrayContaining(['0', undefined]));
      expect(originsOf(graph)[0]).toEqual({ kind: 'parameter', name: '0.weight' });
      using unnamed = trace(f, [ones([2, 2]), labels]);
      expect(originsOf(unnamed)[0]).toEqual({ kind: 'captured' });
      for (const each of [graph, unnamed])
        expectSameBits(each, f, [
          tensor([
            [1, 2],
            [3, 4],
          ]),
          labels,
        ]);
      model.dispose();
    });
  });

  it('calls its hooks while it is traced, and is as it was afterwards', () => {
    scope(() => {
      const model = new Sequential(new Linear(2, 2), new ReLU());
      const own = Object.getOwnPropertyNames(model.at(1)!);
      let calls = 0;
      model.at(0)!.addForwardHook(() => calls++);
      using graph = trace(model, [ones([1, 2])]);
      expect(graph.nodes[0]!.module!.path).toBe('0');
      expect(calls).toBe(1);
      model.forward(ones([1, 2]));
      expect(calls).toBe(2);
      expect(Object.getOwnPropertyNames(model.at(1)!)).toEqual(own);
      expect(() => trace(model, [ones([1, 3])])).toThrow(ShapeError);
      expect(Object.getOwnPropertyNames(model.at(1)!)).toEqual(own);
      model.dispose();
    });
  });

  it('keeps hooks that are added while it is traced', () => {
    scope(() => {
      const model = new Sequential(new Linear(2, 2), new ReLU());
      let calls = 0;
      const f = (x: Tensor) => {
        model.at(0)!.addForwardHook(() => calls++);
        return model.forward(x);
      };
      using graph = trace(f, [ones([1, 2])], { module: model });
      expect(graph.nodes[0]!.module!.path).toBe('0');
      expect(calls).toBe(1);
      model.forward(ones([1, 2]));
      expect(calls).toBe(2);
      using again = trace(model, [ones([1, 2])]);
      expect(again.nodes[0]!.module!.path).toBe('0');
      expect(calls).toBe(3);
      model.dispose();
    });
  });

  it('computes losses with custom operators inside', () => {
    scope(() => {
      const f = (x: Tensor, y: Tensor) => binaryCrossEntropy(x.sigmoid(), y);
      using graph = trace(f, [row(0, 1), row(1, 0)]);
      expect(operatorsOf(graph)).toContain('log');
      expectSameBits(graph, f, [row(3, -1), row(1, 1)]);
    });
  });
});

describe('trace refuses', () => {
  it('steps of optimizers, which change parameters by other means than operators', () => {
    scope(() => {
      const layer = new Linear(2, 1);
      const optimizer = new AdamW(layer.parameters(), { lr: 0.1 });
      const step = (x: Tensor) => {
        const loss = layer.forward(x).sum();
        loss.backward();
        optimizer.step();
        return loss;
      };
      expect(() => trace(step, [ones([1, 2])], { module: layer })).toThrow(TraceError);
      expect(() => trace(step, [ones([1, 2])])).toThrow(
        'was changed in place by other means than operators, such as the step of an optimizer: trace what comes before',
      );
      optimizer.dispose();
      layer.dispose();
    });
  });

  it('changes by other means of tensors that it has not seen yet', () => {
    scope(() => {
      const [weight, factor] = [row(1, 2), tensor(3)];
      const scaled = (x: Tensor) => {
        updateInPlace(weight, (kernels) => kernels.scale(weight, factor));
        return x.mul(weight);
      };
      expect(() => trace(scaled, [row(1, 1)])).toThrow('was changed in place by other means than operators');
    });
  });

  it('tensors that were computed by other means than operators', () => {
    scope(() => {
      const layer = new Linear(2, 1);
      const norm = (x: Tensor) => {
        layer.forward(x).sum().backward();
        return clipGradientNorm(layer.parameters(), 1).mul(2);
      };
      expect(() => trace(norm, [ones([1, 2])])).toThrow(TraceError);
      layer.dispose();
    });
  });

  it('a trace inside of a trace, but not a graph that is run there', () => {
    scope(() => {
      const inner = (x: Tensor) => x.mul(2).exp();
      expect(() =>
        trace(
          (x) => {
            using graph = trace(inner, [x]);
            return graph.run([x]);
          },
          [ones([2])],
        ),
      ).toThrow('trace: another trace is going on: call the function itself');
      using graph = trace(inner, [ones([2])]);
      using around = trace((x) => graph.run([x])[0]!.add(1), [ones([2])]);
      expect(operatorsOf(around)).toEqual(['mul', 'exp', 'add']);
      expectSameBits(around, (x) => inner(x).add(1), [row(3, 4)]);
    });
  });

  it('functions that are asynchronous, or that return anything but tensors', () => {
    scope(() => {
      const wrong = async (x: Tensor) => x;
      expect(() => trace(wrong as never, [ones([1])])).toThrow(ArgumentError);
      expect(() => trace(wrong as never, [ones([1])])).toThrow('trace: the function must not be asynchronous');
      expect(() => trace((() => 1) as never, [])).toThrow('the function must return a tensor or an array of tensors');
      expect(() => trace(((x: Tensor) => [x, 1]) as never, [ones([1])])).toThrow(ArgumentError);
    });
  });
});

describe('run', () => {
  it('refuses inputs that are not like those of the trace, and says what it expects', () => {
    scope(() => {
      using graph = trace((x, y) => x.add(y), [ones([2, 3]), ones([3])]);
      const x = ones([2, 3]);
      expect(() => graph.run([x])).toThrow(ArgumentError);
      expect(() => graph.run([x])).toThrow('Graph.run: 1 inputs, but the graph has 2');
      expect(() => graph.run([x, ones([1, 3])])).toThrow(ShapeError);
      expect(() => graph.run([x, ones([1, 3])])).toThrow(
        'Graph.run: input 1 is float32 [1,3], but the graph was traced with float32 [3]: ' +
          'trace the function again for this shape',
      );
      expect(() => graph.run([x, ones([3], { dtype: 'int32' })])).toThrow(DTypeError);
      expect(() => graph.run([x, ones([3], { dtype: 'int32' })])).toThrow(
        'input 1 is int32 [3], but the graph was traced with float32 [3]: cast() it, or trace the function again',
      );
    });
  });

  it('refuses a graph that was disposed of', () => {
    scope(() => {
      const graph = trace((x) => x.mul(2), [ones([2])]);
      expect(graph.disposed).toBe(false);
      graph.dispose();
      expect(graph.disposed).toBe(true);
      expect(() => graph.run([ones([2])])).toThrow(DisposedError);
      expect(() => graph.run([ones([2])])).toThrow('Graph.run: the graph was disposed of: trace the function again');
      expect(() => graph.dispose()).toThrow(DisposedError);
      expect(graph.toString()).toContain('mul');
    });
  });

  it('records no gradients and keeps nothing but its results', () => {
    scope(() => {
      const model = new Sequential(new Linear(2, 2), new ReLU());
      using graph = trace(model, [ones([1, 2])]);
      const x = requireGrad(ones([1, 2]));
      const before = memory();
      const [y] = graph.run([x]) as [Tensor];
      expect(y.requiresGrad).toBe(false);
      expect(memory().tensors - before.tensors).toBe(1);
      y.dispose();
      expect(memory()).toEqual(before);
      model.dispose();
    });
  });

  it('frees what nothing needs any more on the way', () => {
    scope(() => {
      const alive: number[] = [];
      const spied = customOperator({
        name: 'spied',
        forward: ([x]) => {
          alive.push(memory().tensors);
          return tensor([...x!.dataSync()]);
        },
        vjps: [undefined],
      });
      using graph = trace(
        (x) => {
          let value = x;
          for (let i = 0; i < 5; i++) value = spied([value.square().add(1)]);
          return value;
        },
        [row(0.1)],
      );
      alive.length = 0;
      graph.run([row(0.1)]);
      expect(new Set(alive.slice(1)).size).toBe(1);
    });
  });

  it('computes where its inputs are', () => {
    scope(() => {
      const w = tensor([
        [1, 2],
        [3, 4],
      ]);
      const f = (x: Tensor) => x.matmul(w).gelu().sum(1);
      for (const device of [reference, wasm()]) {
        using graph = trace(f, [ones([2, 2], { device })]);
        for (const other of [reference, wasm()]) {
          const x = tensor(
            [
              [0.5, -1],
              [2, 0.25],
            ],
            { device: other },
          );
          expect(graph.run([x])[0]!.device).toBe(other);
          expectSameBits(graph, f, [x]);
        }
      }
    });
  });
});

it('works on a device that cannot be read at once', async () => {
  const device: Device = {
    name: 'remote',
    kernels: reference.kernels,
    memory: { ...reference.memory, readNow: undefined },
  };
  const layer = new Linear(2, 2, { device });
  const f = (x: Tensor) =>
    layer
      .forward(x)
      .mul(0.5)
      .add(zeros([2], { device }))
      .sum();
  const [expected, found] = scope(() => {
    const [x, y] = [ones([1, 2], { device }), tensor([[3, -4]], { device })];
    using graph = trace(f, [x], { module: layer });
    expect(`${graph}`).toContain('mul(%3, 0.5)');
    return [f(y), graph.run([y])[0]!];
  });
  expect(await found!.item()).toBe(await expected!.item());
  for (const each of [expected, found, layer]) each!.dispose();
});

describe('toString', () => {
  it('has a line for each node that a person reads', () => {
    scope(() => {
      const model = new Sequential(
        new Conv2d(1, 2, 3, { padding: 1, bias: false }),
        new BatchNorm2d(2),
        new Flatten(),
        new Dropout(0.25),
      );
      const f = (x: Tensor) => [model.forward(x).mul(-0.5), x.add(zeros([4])).add(tensor([1, 2, 3, 4]))];
      using graph = trace(f, [ones([1, 1, 4, 4])], { module: model });
      expect(`${graph}`).toBe(
        `graph(%0: float32 [1,1,4,4])
  0.weight  float32 [2,1,3,3]  parameter
  1.gamma  float32 [2]  parameter
  1.beta  float32 [2]  parameter
  1.batchesTracked  int32 []  buffer
  1.runningMean  float32 [2]  buffer
  1.runningVariance  float32 [2]  buffer
  %1  float32 [4]  filled with 0
  %2  float32 [4]  literal
%3 = conv2d(%0, 0.weight) {kernel: [3,3], stride: [1,1], padding: [1,1], dilation: [1,1], groups: 1}  float32 [1,2,4,4]   0 Conv2d
%4, %5, %6 = batchNorm(%3, 1.gamma, 1.beta) {epsilon: 0.00001}  float32 [1,2,4,4], float32 [2], float32 [2]   1 BatchNorm2d
%7 = add(1.batchesTracked, 1)  int32 []   1 BatchNorm2d
assign(1.batchesTracked, %7)  in place   1 BatchNorm2d
assignLerp(1.runningMean, %5) {weight: 0.1, factor: 1}  in place   1 BatchNorm2d
assignLerp(1.runningVariance, %6) {weight: 0.1, factor: ${16 / 15}}  in place   1 BatchNorm2d
%8 = reshape(%4) {shape: [1,32]}  float32 [1,32]   2 Flatten
%9 = bernoulli(%8) {probability: 0.75, scale: ${1 / 0.75}, generator: 'dropout'}  float32 [1,32]   3 Dropout
%10 = mul(%8, %9)  float32 [1,32]   3 Dropout
%11 = mul(%10, -0.5)  float32 [1,32]
%12 = add(%0, %1)  float32 [1,1,4,4]
%13 = add(%12, %2)  float32 [1,1,4,4]
return %11, %13`,
      );
      const names = graph.names();
      expect(graph.outputs.map((value) => names.get(value))).toEqual(['%11', '%13']);
      model.dispose();
    });
  });

  it('shows missing operands, what is copied, custom operators and their attributes', () => {
    scope(() => {
      const scaled = customOperator<{ readonly by: { readonly x: number }; readonly f: () => void }>({
        name: 'scaled',
        forward: ([x], { by }) => tensor([x!.itemSync() * by.x]),
        vjps: [undefined],
      });
      using graph = trace(
        (x) => {
          const sum = zeros([1]);
          sum.assign(x);
          const [y] = apply(operators.batchNorm, [sum.broadcastTo([2, 1]), undefined, x], { epsilon: 1 });
          return scaled([y!.sum().reshape([1])], { by: { x: -0 }, f: () => {} });
        },
        [row(1)],
      );
      const printed = `${graph}`;
      expect(printed).toContain('  %1  float32 [1]  filled with 0, copied by every run\n');
      expect(printed).toMatch(/batchNorm\(%\d, none, %0\) \{epsilon: 1\}/);
      expect(printed).toMatch(/scaled\(%\d\) \{by: \{x: -0\}, f: .*\} {2}float32 \[1\]\n/);
    });
  });
});
