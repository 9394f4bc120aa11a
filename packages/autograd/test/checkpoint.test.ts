import { checkGradients, checkpoint, grad, noGrad, requireGrad } from '@pnn/autograd';
import {
  dropoutMask,
  memory,
  normal,
  polynomial,
  randomState,
  randomStream,
  scope,
  setSeed,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const float64 = { dtype: 'float64' } as const;

function elements(tensors: readonly Tensor[]): number[][] {
  return tensors.map((each) => [...each.dataSync()]);
}

function leaf(shape: readonly number[]): Tensor {
  return requireGrad(normal(shape, 0, 1, float64));
}

describe('checkpoint', () => {
  it('has the result and the gradients of its body, for inputs and for what the body uses besides', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        setSeed(seed);
        scope(() => {
          const [x, w, b] = [leaf([4, 3]), leaf([3, 2]), leaf([2])];
          const h = x.mul(2);
          const body = (input: Tensor) =>
            input
              .matmul(w)
              .add(b)
              .tanh()
              .add(h.sum(1, { keepDims: true }));
          const plain = body(x.square());
          const saved = checkpoint(body, [x.square()]);
          expect(elements([saved])).toEqual(elements([plain]));
          const targets = [x, w, b, h];
          expect(elements(grad(saved.sin().sum(), targets, { retainGraph: true }))).toEqual(
            elements(grad(plain.sin().sum(), targets, { retainGraph: true })),
          );
        });
      }),
      { numRuns: 20 },
    );
  });

  it('adds up what comes through an argument and what comes through a capture of the same tensor', () => {
    scope(() => {
      const x = requireGrad(tensor([3], float64));
      expect(
        elements(
          grad(
            checkpoint((a) => a.mul(x), [x]),
            [x],
          ),
        ),
      ).toEqual([[6]]);
      expect(
        elements(
          grad(
            checkpoint((a, b) => a.mul(b), [x, x]),
            [x],
          ),
        ),
      ).toEqual([[6]]);
    });
  });

  it.each<[string, (x: Tensor, w: Tensor) => (a: Tensor) => Tensor]>([
    ['its input', () => (a) => a],
    ['what it has captured', (_, w) => () => w],
    ['a result that it has captured', (x) => () => x.square()],
    ['its input under another shape', () => (a) => a.reshape([3, 1])],
    ['something without gradients', () => (a) => a.detach()],
    ['a custom mixture', (x, w) => (a) => a.add(w).mul(x)],
  ])('may give back %s', (_, makeBody) => {
    scope(() => {
      const [x, w] = [leaf([3]), leaf([3])];
      const body = makeBody(x, w);
      const saved = grad(
        checkpoint(body, [x])
          .add(x.reshape([-1, 1]).sum())
          .square()
          .sum(),
        [x, w],
      );
      const plain = grad(
        body(x)
          .add(x.reshape([-1, 1]).sum())
          .square()
          .sum(),
        [x, w],
      );
      elements(saved).forEach((row, i) => {
        row.forEach((value, k) => {
          expect(value).toBeCloseTo(elements(plain)[i]![k]!, 12);
        });
      });
    });
  });

  it('does not let the graph of a captured result go before others have used it', () => {
    scope(() => {
      const x = leaf([3]);
      const h = x.exp();
      const y = checkpoint(() => h, [])
        .sum()
        .add(h.square().sum());
      const expected = [...x.dataSync()].map((value) => Math.exp(value) + 2 * Math.exp(2 * value));
      y.backward();
      x.grad!.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 10);
      });
    });
  });

  it('draws the same random numbers again, from streams that were fetched before as well', () => {
    setSeed(5);
    const held = randomStream('dropout');
    scope(() => {
      const x = requireGrad(tensor(new Float64Array(50).fill(2)));
      const y = checkpoint((a) => a.mul(dropoutMask(a, 0.5)).mul(dropoutMask(a, 0.2, held)), [x]);
      const state = JSON.stringify(randomState());
      y.sum().backward();
      expect(JSON.stringify(randomState())).toBe(state);
      const [found] = elements([x.grad!]);
      expect(found).toEqual(elements([y])[0]!.map((value) => value / 2));
      expect(new Set(found).size).toBeGreaterThan(1);
    });
  });

  it('nests', () => {
    scope(() => {
      const [x, w] = [leaf([2, 2]), leaf([2, 2])];
      const inner = (a: Tensor) => a.matmul(w).tanh();
      const body = (a: Tensor) => checkpoint(inner, [checkpoint(inner, [a])]).square();
      const plain = grad(inner(inner(x)).square().sum(), [x, w]);
      expect(elements(grad(checkpoint(body, [x]).sum(), [x, w]))).toEqual(elements(plain));
    });
  });

  it('has derivatives of second order', () => {
    scope(() => {
      const coefficients = tensor([0.5, 1, 0.25], float64);
      const body = (a: Tensor, c: Tensor) => polynomial(a, c, { bound: 3 }).output.tanh();
      checkGradients((a, c) => checkpoint(body, [a, c]), [tensor([1, -0.5, 2], float64), coefficients], { order: 2 });
      checkGradients((a, c) => checkpoint((input) => body(input, c), [a]), [tensor([1, -0.5], float64), coefficients], {
        order: 2,
      });
    });
  });

  it('holds less memory until backward', () => {
    scope(() => {
      const x = leaf([100, 20]);
      const weights = Array.from({ length: 4 }, () => leaf([20, 20]));
      const layer = (w: Tensor) => (a: Tensor) => a.matmul(w).add(1).tanh().mul(2).sigmoid().square();
      const labels = tensor(new Int32Array(100));
      const heldBy = (through: (w: Tensor, a: Tensor) => Tensor): number =>
        scope(() => {
          const before = memory().bytes;
          const loss = softmaxCrossEntropy(
            weights.reduce((a, w) => through(w, a), x),
            labels,
          ).mean();
          const held = memory().bytes - before;
          loss.backward();
          return held;
        });
      const plain = heldBy((w, a) => layer(w)(a));
      const gradients = elements(weights.map((w) => w.grad!));
      const saved = heldBy((w, a) => checkpoint(layer(w), [a]));
      expect(saved).toBeLessThan(plain / 3);
      weights.forEach((w, i) => {
        expect([...w.grad!.dataSync()]).toEqual(gradients[i]!.map((value) => 2 * value));
      });
    });
  });

  it('notices that a parameter was changed between the two runs', () => {
    scope(() => {
      const [x, w] = [leaf([2]), leaf([2])];
      const y = checkpoint((a) => a.mul(w), [x]).sum();
      w.assign(tensor([1, 1], float64));
      expect(() => y.backward()).toThrow('backward of checkpoint: input 1 [2] was changed in place after it was used');
    });
  });

  it('just runs the body where nothing is recorded, and frees what it made', () => {
    const x = leaf([3]);
    const before = memory();
    const y = noGrad(() => checkpoint((a) => a.mul(2).add(1), [x]));
    expect(y.requiresGrad).toBe(false);
    expect(memory().tensors - before.tensors).toBe(1);
    y.dispose();
    x.dispose();
    scope(() => {
      expect(checkpoint((a) => a.mul(2), [tensor([1])]).requiresGrad).toBe(false);
    });
  });
});
