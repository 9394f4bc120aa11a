import {
  BatchNorm1d,
  checkpoint,
  concat,
  grad,
  ones,
  requireGrad,
  scope,
  setSeed,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { nodeOf, operatorsOf, row } from './graph-parts.js';
import { bits, expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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

  it('happen once where checkpoint computes again', () => {
    scope(() => {
      const [layer, twin] = [new BatchNorm1d(2), new BatchNorm1d(2)];
      const gradient = (each: BatchNorm1d) => (x: Tensor) => {
        const leaf = requireGrad(x.mul(1).detach());
        return grad(
          checkpoint((a) => each.forward(a), [leaf])
            .sin()
            .sum(),
          [leaf],
        );
      };
      const inputs = [row(1, 2, 4), row(0, -3, 7)].map((each) => concat([each, each.square()], 0).reshape([3, 2]));
      using graph = trace(gradient(layer), [inputs[0]!]);
      gradient(twin)(inputs[0]!);
      for (const input of inputs) expectSameBits(graph, gradient(twin), [input]);
      for (const name of ['runningMean', 'runningVariance', 'batchesTracked'] as const) {
        expect(bits(() => layer[name]!)).toEqual(bits(() => twin[name]!));
      }
      expect(layer.batchesTracked!.itemSync()).toBe(3);
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
