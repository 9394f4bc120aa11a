import {
  binaryCrossEntropy,
  crossEntropy,
  Linear,
  Module,
  ones,
  Parameter,
  ReLU,
  Sequential,
  ShapeError,
  scope,
  setSeed,
  type Tensor,
  tensor,
  trace,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { operatorsOf, originsOf, row } from './graph-parts.js';
import { expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
