import {
  apply,
  customOperator,
  Generator,
  grad,
  normal,
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
import { operatorOfAxes, operatorsOf, row } from './graph-parts.js';
import { bits, expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
