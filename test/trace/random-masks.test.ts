import {
  checkpoint,
  Dropout,
  dropoutMask,
  Generator,
  grad,
  noGrad,
  normal,
  ones,
  requireGrad,
  scope,
  setSeed,
  type Tensor,
  TraceError,
  trace,
  uniform,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { operatorsOf, row } from './graph-parts.js';
import { bits, expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
