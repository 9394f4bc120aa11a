import { apply, grad, noGrad, ones, requireGrad, scope, setSeed, type Tensor, tensor, trace, zeros } from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { nodeOf, operatorOfAxes, operatorsOf, originsOf, row } from './graph-parts.js';
import { expectSameBits } from './same-bits.js';

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
