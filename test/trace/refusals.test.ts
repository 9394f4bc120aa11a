import {
  AdamW,
  ArgumentError,
  clipGradientNorm,
  Linear,
  ones,
  scope,
  setSeed,
  type Tensor,
  TraceError,
  tensor,
  trace,
  updateInPlace,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { operatorsOf, row } from './graph-parts.js';
import { expectSameBits } from './same-bits.js';

beforeEach(() => setSeed(1));

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
