import {
  BatchNorm1d,
  DisposedError,
  Linear,
  memory,
  ones,
  requireGrad,
  Sequential,
  ShapeError,
  scope,
  setSeed,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { operatorsOf, originsOf, row } from './graph-parts.js';
import { expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
