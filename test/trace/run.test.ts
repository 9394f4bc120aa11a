import {
  ArgumentError,
  customOperator,
  type Device,
  DisposedError,
  DTypeError,
  Linear,
  memory,
  ones,
  ReLU,
  reference,
  requireGrad,
  Sequential,
  ShapeError,
  scope,
  setSeed,
  type Tensor,
  tensor,
  trace,
  wasm,
  zeros,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { row } from './graph-parts.js';
import { expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
