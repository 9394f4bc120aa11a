import {
  type BackwardProgress,
  backward,
  customOperator,
  enableGrad,
  grad,
  noGrad,
  requireGrad,
  zeroGrad,
} from '@pnn/autograd';
import {
  ArgumentError,
  arange,
  type Device,
  DTypeError,
  GradientError,
  memory,
  type NestedArray,
  ones,
  polynomial,
  reference,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  updateInPlace,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const float64 = { dtype: 'float64' } as const;

function leaf(data: NestedArray): Tensor {
  return requireGrad(tensor(data, float64));
}

function elements(x: Tensor | undefined): number[] {
  return [...x!.dataSync()];
}

describe('backward', () => {
  it('tells of every leaf once, as soon as its gradient is final, and of every call', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 8 }), (products) => {
        const gradientsOf = (progress?: BackwardProgress) =>
          scope(() => {
            const leaves = [1, 2, 3, 4].map((x) => leaf([x, x / 2]));
            const values = [...leaves];
            for (const [i, j] of products) values.push(values.at(-1 - i)!.mul(values[j]!));
            let told: [Tensor, number[]][] = [];
            backward(values.at(-1)!.sum(), {
              progress: {
                leaf: (history) => {
                  const found = leaves.find((each) => each.history === history)!;
                  told = [...told, [found, elements(found.grad)]];
                },
                ...progress,
              },
            });
            for (const [found, gradient] of told) expect(elements(found.grad)).toEqual(gradient);
            const reached = leaves.filter(({ grad }) => grad);
            if (!progress?.leaf) expect(new Set(told.map(([each]) => each))).toEqual(new Set(reached));
            if (!progress?.leaf) expect(told).toHaveLength(reached.length);
            return leaves.map(({ grad }) => grad && elements(grad));
          });
        let calls = 0;
        expect(gradientsOf({ call: () => calls++ })).toEqual(gradientsOf({ leaf: () => {} }));
        expect(calls).toBeGreaterThan(0);
      }),
    );
  });

  it('tells of the parameters of the last layer before it has come to the first', () => {
    scope(() => {
      const [first, last] = [leaf([1, 2]), leaf([3, 4])];
      const events: string[] = [];
      backward(first.exp().mul(last).sum(), {
        progress: {
          leaf: (history) => events.push(history === last.history ? 'last' : 'first'),
          call: () => events.push('call'),
        },
      });
      // The sum and its shape, the product, the exponential.
      expect(events).toEqual(['call', 'call', 'last', 'call', 'first', 'call']);
    });
  });

  it('adds the gradient up in every leaf, and leaves others alone', () => {
    scope(() => {
      const [a, b, c] = [leaf([1, 2]), leaf([3, 4]), tensor([5, 6], float64)];
      a.mul(b).add(c).sum().backward();
      expect([elements(a.grad), elements(b.grad), c.grad]).toEqual([[3, 4], [1, 2], undefined]);
      a.mul(2).sum().backward();
      expect(elements(a.grad)).toEqual([5, 6]);
      expect(elements(b.grad)).toEqual([1, 2]);
    });
  });

  it('keeps the gradients beyond the scope of the step, until zeroGrad frees them', () => {
    const w = leaf([1, 2]);
    scope(() => w.square().sum().backward());
    const { grad: first } = w;
    expect(elements(first)).toEqual([2, 4]);
    zeroGrad(w);
    expect(w.grad).toBeUndefined();
    expect(first!.disposed).toBe(true);
    zeroGrad(w);
    scope(() => w.sum().backward());
    w.grad!.dispose();
    scope(() => w.sum().backward());
    expect(elements(w.grad)).toEqual([1, 1]);
    zeroGrad(w);
    w.dispose();
  });

  it('starts with a gradient where the tensor is no scalar', () => {
    scope(() => {
      const x = leaf([1, 2, 3]);
      x.square().backward(tensor([1, 10, 100], float64));
      expect(elements(x.grad)).toEqual([2, 40, 600]);
      backward(x.square(), { gradient: tensor([1, 1, 1], float64) });
      expect(elements(x.grad)).toEqual([4, 44, 606]);
    });
  });

  it('of a leaf is 1', () => {
    scope(() => {
      const x = leaf(3);
      x.backward();
      expect(elements(x.grad)).toEqual([1]);
    });
  });

  it('takes any tensor with one element for a scalar', () => {
    scope(() => {
      const x = leaf([[3]]);
      x.square().backward();
      expect(elements(x.grad)).toEqual([6]);
    });
  });

  it('goes through a tensor that is used many times once', () => {
    let calls = 0;
    const counted = customOperator({
      name: 'counted',
      forward: ([x]) => x!.mul(2),
      vjps: [
        (g) => {
          calls++;
          return g.mul(2);
        },
      ],
    });
    scope(() => {
      const x = leaf([1, 2]);
      const y = counted([x]);
      y.add(y.square()).add(y.exp().mul(0)).sum().backward();
      expect(calls).toBe(1);
      expect(elements(x.grad)).toEqual([2 * (1 + 4), 2 * (1 + 8)]);
    });
  });

  it('does not compute gradients that nobody needs', () => {
    const calls: number[] = [];
    const spied = customOperator({
      name: 'spied',
      forward: ([a, b]) => a!.mul(b!),
      vjps: [0, 1].map((index) => (g: Tensor, c) => {
        calls.push(index);
        return g.mul(c.input(1 - index));
      }),
    });
    scope(() => {
      const [a, b] = [leaf([1, 2]), leaf([3, 4])];
      spied([a, tensor([3, 4], float64)])
        .sum()
        .backward();
      expect(calls.splice(0)).toEqual([0]);
      grad(spied([a, b]).sum(), [b]);
      expect(calls.splice(0)).toEqual([1]);
      // A branch that leads to no input that is asked for.
      grad(spied([a, a]).sum().add(b.sum()), [b]);
      expect(calls).toEqual([]);
    });
  });

  it('bears graphs of ten thousand operators', () => {
    scope(() => {
      const x = leaf([1, -1]);
      let y: Tensor = x;
      for (let i = 0; i < 10_000; i++) y = y.add(x);
      y.sum().backward();
      expect(elements(x.grad)).toEqual([10_001, 10_001]);
    });
  });

  it('runs inside noGrad, and its gradients have no history', () => {
    scope(() => {
      const x = leaf([2]);
      const y = x.square().sum();
      noGrad(() => y.backward());
      expect(elements(x.grad)).toEqual([4]);
      expect(x.grad!.requiresGrad).toBe(false);
    });
  });
});

describe('a graph', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ['exp', (x) => x.exp().sum()],
    ['add', (x) => x.add(1).sum()],
    ['reshape', (x) => x.reshape([2, 1]).sum()],
  ])('is released by backward, whether its rules need values or not: %s', (_, f) => {
    scope(() => {
      const x = leaf([1, 2]);
      const y = f(x);
      y.backward();
      for (const again of [() => y.backward(), () => backward(y), () => grad(y, [x])]) {
        expect(again).toThrow(GradientError);
        expect(again).toThrow(/backward of \w+: the graph was released by an earlier backward: pass retainGraph: true/);
      }
    });
  });

  it('that two results share is released with the first', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const shared = x.exp();
      const [a, b] = [shared.sum(), shared.mul(2).sum()];
      a.backward();
      expect(() => b.backward()).toThrow('backward of exp: the graph was released');
    });
  });

  it('stays with retainGraph, and with createGraph', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const y = x.square().sum();
      backward(y, { retainGraph: true });
      backward(y, { retainGraph: true });
      expect(elements(x.grad)).toEqual([4, 8]);
      grad(y, [x], { createGraph: true });
      expect(elements(grad(y, [x], { retainGraph: true })[0])).toEqual([2, 4]);
      y.backward();
      expect(() => y.backward()).toThrow(GradientError);
    });
  });
});

describe('values that backward needs', () => {
  it.each<[string, (x: Tensor, w: Tensor) => Tensor, string]>([
    [
      'an input',
      (x, w) => x.mul(w),
      'backward of mul: input 1 [2] was changed in place after it was used: change it after backward, or use a clone()',
    ],
    [
      'an input of a matrix product',
      (x, w) => x.reshape([1, 2]).matmul(w.reshape([2, 1])),
      'backward of matmul: input 1 [2,1] was changed',
    ],
    ['an input through a view', (x, w) => x.mul(w.reshape([1, 2])), 'backward of mul: input 1 [1,2] was changed'],
  ])('are missed when changed in place: %s', (_, f, message) => {
    scope(() => {
      const [x, w] = [leaf([1, 2]), leaf([3, 4])];
      const y = f(x, w).sum();
      w.assign(zeros([2], float64));
      expect(() => y.backward()).toThrow(GradientError);
      scope(() => expect(() => f(x, w).sum().backward()).not.toThrow());
      const again = f(x, w).sum();
      w.detach().assign(ones([2], float64));
      expect(() => again.backward()).toThrow(message);
    });
  });

  it('are missed when a kernel changed them in place', () => {
    scope(() => {
      const [x, w] = [leaf([1, 2]), leaf([3, 4])];
      const y = x.mul(w).sum();
      updateInPlace(w, (kernels) => kernels.scale(w, tensor(2, float64)));
      expect(elements(w)).toEqual([6, 8]);
      expect(() => y.backward()).toThrow('backward of mul: input 1 [2] was changed in place after it was used');
    });
  });

  it('are missed when an output was changed in place', () => {
    scope(() => {
      const y = leaf([1, 2]).exp();
      y.detach().assign(zeros([2], float64));
      expect(() => y.sum().backward()).toThrow('backward of exp: output 0 [2] was changed in place after it was used');
    });
  });

  it.each<[string, (x: Tensor, w: Tensor) => Tensor]>([
    ['add', (x, w) => x.add(w)],
    ['sum', (x, w) => x.add(w.sum())],
    ['exp, which needs its output', (x, w) => x.add(w.exp())],
    ['movement', (x, w) => x.add(w.reshape([2, 1]).transpose().reshape([2]))],
    ['the other factor of a constant', (x, w) => x.add(w.mul(tensor([5, 6], float64)))],
    ['cast', (x, w) => x.add(w.cast('float32').cast('float64'))],
  ])('are not missed when others changed: %s', (_, f) => {
    scope(() => {
      const [x, w] = [leaf([1, 2]), leaf([3, 4])];
      const y = f(x, w).sum();
      w.assign(zeros([2], float64));
      expect(() => y.backward()).not.toThrow();
    });
  });

  it('are missed when they were freed', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const y = scope(() => x.exp().square().sum());
      expect(() => y.backward()).toThrow('was freed before: call backward inside the scope() that computes the result');
      expect(() => scope(() => x.exp().sum()).backward()).toThrow(GradientError);
    });
  });

  it('may be freed where they are not needed', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const y = scope(() => x.add(1).sum());
      y.backward();
      expect(elements(x.grad)).toEqual([1, 1]);
    });
  });

  it('cannot be assigned to a result, which would not be what it was computed from', () => {
    scope(() => {
      const y = leaf([1]).add(1);
      expect(() => y.assign(zeros([1], float64))).toThrow(GradientError);
      expect(() => y.assign(zeros([1], float64))).toThrow(
        'assign: the tensor was computed from others that require gradients',
      );
    });
  });
});

describe('grad', () => {
  it('does not touch anybody’s grad', () => {
    scope(() => {
      const x = leaf([1, 2]);
      expect(elements(grad(x.square().sum(), [x])[0])).toEqual([2, 4]);
      expect(x.grad).toBeUndefined();
    });
  });

  it('gives zeros for what the output does not depend on', () => {
    scope(() => {
      const [x, unused] = [leaf([1, 2]), requireGrad(ones([3, 1], { dtype: 'float32' }))];
      const [, found] = grad(x.sum(), [x, unused]);
      expect([found!.shape, found!.dtype, elements(found)]).toEqual([[3, 1], 'float32', [0, 0, 0]]);
    });
  });

  it('gives the gradients of intermediate results, of one that leads to another, and of the output itself', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const h = x.square();
      const k = h.mul(3);
      const y = k.sum().add(h.sum());
      expect(grad(y, [h, x, k, y]).map(elements)).toEqual([[4, 4], [8, 16], [1, 1], [1]]);
    });
  });

  it('gives the gradient of one of several outputs', () => {
    scope(() => {
      const x = leaf([[3, 1, 2]]);
      const { values } = x.topk(2);
      expect(grad(values.mul(tensor([[10, 1]], float64)).sum(), [values, x]).map(elements)).toEqual([
        [10, 1],
        [10, 0, 1],
      ]);
    });
  });

  it('gives everybody a tensor of their own, also for an input named twice', () => {
    scope(() => {
      for (const createGraph of [false, true]) {
        const [x, y] = [leaf([1, 2]), leaf([3, 4])];
        const found = grad(x.add(y).sum(), [x, y, x], { createGraph });
        expect(found.map(elements)).toEqual([
          [1, 1],
          [1, 1],
          [1, 1],
        ]);
        expect(new Set(found).size).toBe(3);
        for (const each of found) each.dispose();
      }
    });
  });

  it('differentiates again, as often as wanted', () => {
    scope(() => {
      const x = leaf([2]);
      let y = x.pow(4).sum();
      const derivatives: number[] = [];
      for (let order = 0; order < 5; order++) {
        const [next] = grad(y, [x], { createGraph: true }) as [Tensor];
        derivatives.push(next.itemSync());
        y = next.sum();
      }
      expect(derivatives).toEqual([32, 48, 48, 24, 0]);
    });
  });

  it('has symmetric second derivatives', () => {
    const numbers = fc.array(
      fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
      { minLength: 3, maxLength: 3 },
    );
    fc.assert(
      fc.property(numbers, (data) => {
        scope(() => {
          const x = leaf(data);
          const y = x
            .mul(x.slice([[1, 3]]).sum())
            .sin()
            .add(
              x
                .reshape([3, 1])
                .matmul(x.reshape([1, 3]))
                .softmax()
                .sum(0),
            )
            .tanh()
            .sum();
          const [first] = grad(y, [x], { createGraph: true }) as [Tensor];
          const rows = [0, 1, 2].map((i) => elements(grad(first.slice([i]), [x], { retainGraph: true })[0]));
          for (const [i, j] of [
            [0, 1],
            [0, 2],
            [1, 2],
          ] as const)
            expect(rows[i]![j]).toBeCloseTo(rows[j]![i]!, 10);
        });
      }),
    );
  });

  it('records gradients only where they are to be differentiated', () => {
    scope(() => {
      const x = leaf([2]);
      expect(grad(x.square().sum(), [x])[0]!.requiresGrad).toBe(false);
      expect(grad(x.square().sum(), [x], { createGraph: true })[0]!.requiresGrad).toBe(true);
    });
  });

  it('lets a gradient given be differentiated, too', () => {
    scope(() => {
      const [x, v] = [leaf([2, 3]), leaf([5, 7])];
      const [product] = grad(x.square(), [x], { gradient: v, createGraph: true }) as [Tensor];
      expect(elements(grad(product.sum(), [v])[0])).toEqual([4, 6]);
    });
  });
});

describe('the elements of gradients', () => {
  it('belong to one leaf each, so that one can be scaled in place', () => {
    scope(() => {
      const [x, y, z] = [leaf([1, 2]), leaf([3, 4]), leaf([[1, 1]])];
      x.add(y)
        .add(z.reshape([2]))
        .sum()
        .backward();
      reference.kernels.scale(x.grad!, tensor(0, float64));
      expect([elements(x.grad), elements(y.grad), elements(z.grad)]).toEqual([
        [0, 0],
        [1, 1],
        [1, 1],
      ]);
      const buffers = [x, y, z].map((each) => each.grad!.buffer);
      expect(new Set(buffers).size).toBe(3);
    });
  });

  it('are not those of the gradient that backward was given', () => {
    scope(() => {
      const x = leaf([1, 2]);
      const gradient = tensor([[5], [6]], float64);
      x.reshape([2, 1]).backward(gradient);
      reference.kernels.scale(x.grad!, tensor(0, float64));
      expect(elements(gradient)).toEqual([5, 6]);
      const y = leaf([1, 2]);
      y.backward(gradient.reshape([2]));
      reference.kernels.scale(y.grad!, tensor(0, float64));
      expect(elements(gradient)).toEqual([5, 6]);
    });
  });
});

describe('requireGrad, noGrad, enableGrad and detach', () => {
  it('decide what gradients flow to', () => {
    scope(() => {
      const x = leaf([1, 2]);
      expect(requireGrad(x)).toBe(x);
      expect(x.requiresGrad).toBe(true);
      expect(x.add(1).requiresGrad).toBe(true);
      expect(tensor([1]).add(1).requiresGrad).toBe(false);
      expect(x.detach().requiresGrad).toBe(false);
      expect(x.clone().requiresGrad).toBe(true);
      expect(x.detach().clone().requiresGrad).toBe(false);
      expect(x.greater(0).requiresGrad).toBe(false);
      expect(x.argmax().requiresGrad).toBe(false);
      expect(x.cast('int32').requiresGrad).toBe(false);
      expect(noGrad(() => x.add(1)).requiresGrad).toBe(false);
      expect(noGrad(() => enableGrad(() => x.add(1))).requiresGrad).toBe(true);
      expect(enableGrad(() => noGrad(() => x.add(1))).requiresGrad).toBe(false);
    });
  });

  it('flow through a clone, whose elements are its own', () => {
    scope(() => {
      const x = leaf([3, 4]);
      const y = x.clone().square();
      x.assign(zeros([2], float64));
      y.sum().backward();
      expect(elements(x.grad)).toEqual([6, 8]);
      expect(() => x.clone().assign(x)).toThrow('assign to a detach().clone()');
    });
  });

  it('cut the graph', () => {
    scope(() => {
      const x = leaf([3]);
      x.mul(x.detach()).sum().backward();
      expect(elements(x.grad)).toEqual([3]);
      const y = noGrad(() => x.square());
      expect(() => y.backward()).toThrow(GradientError);
    });
  });

  it('go back to what was before, after an error as well', () => {
    scope(() => {
      const x = leaf([1]);
      expect(() =>
        noGrad(() => {
          throw new Error('broken');
        }),
      ).toThrow('broken');
      expect(x.add(1).requiresGrad).toBe(true);
      noGrad(() => {
        expect(() =>
          enableGrad(() => {
            throw new Error('broken');
          }),
        ).toThrow('broken');
        expect(x.add(1).requiresGrad).toBe(false);
      });
    });
  });

  it('refuse asynchronous bodies, whose later failure then troubles nobody', async () => {
    const failures: unknown[] = [];
    const listen = (reason: unknown) => failures.push(reason);
    process.on('unhandledRejection', listen);
    const body = async () => {
      await Promise.resolve();
      throw new Error('later');
    };
    expect(() => noGrad(body)).toThrow(ArgumentError);
    expect(() => noGrad(body)).toThrow('noGrad: the body must not be asynchronous: call noGrad() after each await');
    expect(() => enableGrad(body)).toThrow('enableGrad: the body must not be asynchronous');
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off('unhandledRejection', listen);
    expect(failures).toEqual([]);
    using x = requireGrad(tensor([1]));
    using y = x.add(1);
    expect(y.requiresGrad).toBe(true);
  });

  it('refuse what has no gradients', () => {
    scope(() => {
      expect(() => requireGrad(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError);
      expect(() => requireGrad(tensor([true]))).toThrow(
        'requireGrad: bool tensors have no gradients: cast() to float32 or float64',
      );
      expect(() => requireGrad(leaf([1]).add(1))).toThrow(GradientError);
      expect(() => requireGrad(leaf([1]).add(1))).toThrow(
        'requireGrad: the tensor was computed from others that require gradients: detach() it first',
      );
    });
  });
});

describe('requireGrad(tensor, false)', () => {
  it('frees the gradient and stops the flow, until gradients are required again', () => {
    scope(() => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])];
      x.mul(y).sum().backward();
      const { grad: gradient } = x;
      expect(requireGrad(x, false)).toBe(x);
      expect([gradient!.disposed, x.grad, x.requiresGrad]).toEqual([true, undefined, false]);
      const product = x.mul(y).sum();
      product.backward();
      expect([...y.grad!.dataSync()]).toEqual([2, 4]);
      expect(x.square().requiresGrad).toBe(false);
      requireGrad(x);
      x.mul(y).sum().backward();
      expect([...x.grad!.dataSync()]).toEqual([3, 4]);
    });
  });

  it('keeps gradients from what was computed before', () => {
    scope(() => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])];
      const product = x.mul(y).sum();
      requireGrad(x, false);
      const before = memory().tensors;
      product.backward();
      expect(memory().tensors - before).toBe(1);
      requireGrad(x);
      expect(x.grad).toBeUndefined();
    });
  });

  it('is nothing new to a tensor without gradients, and refused for one that was computed from others', () => {
    const plain = tensor([1], float64);
    expect(requireGrad(plain, false).requiresGrad).toBe(false);
    expect(() => requireGrad(leaf([1]).mul(2), false)).toThrow(GradientError);
  });
});

describe('errors', () => {
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'no leaf',
      () => backward(tensor(1)),
      GradientError,
      'backward: the tensor depends on nothing that requires a gradient: see requireGrad()',
    ],
    [
      'no leaf for grad',
      () => grad(tensor(1), []),
      GradientError,
      'grad: the tensor depends on nothing that requires a gradient',
    ],
    [
      'an input without history',
      () => grad(leaf(1).mul(2), [tensor(1)]),
      GradientError,
      'grad: an input does not require a gradient: pass it to requireGrad() first',
    ],
    [
      'no scalar',
      () => leaf([1, 2]).mul(2).backward(),
      ShapeError,
      'backward: [2] is not a scalar: pass the gradient with respect to it',
    ],
    [
      'nothing',
      () =>
        requireGrad(zeros([0]))
          .mul(2)
          .backward(),
      ShapeError,
      'backward: [0] is not a scalar',
    ],
    [
      'a gradient of another shape',
      () => leaf([1, 2]).backward(tensor([1], float64)),
      ShapeError,
      'backward: gradient [1] for a tensor [2]: the shapes differ',
    ],
    [
      'a gradient of another type',
      () => leaf([1, 2]).backward(tensor([1, 2])),
      DTypeError,
      'backward: gradient float32 for a tensor float64: make the types equal with cast()',
    ],
  ])('%s', (_, run, type, message) => {
    scope(() => {
      expect(run).toThrow(type);
      expect(run).toThrow(message);
    });
  });

  it('in the middle of backward leave no tensors behind, and no gradient by halves', () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const step = () => {
      const y = scope(() => x.mul(w).exp().add(x).sum());
      expect(() => y.backward()).toThrow('was freed before');
      y.dispose();
    };
    step();
    const before = memory();
    for (let i = 0; i < 10; i++) step();
    expect(memory()).toEqual(before);
    expect([x.grad, w.grad]).toEqual([undefined, undefined]);
    x.dispose();
    w.dispose();
  });

  it('name the vjp that gave something that cannot be the gradient', () => {
    const wrong = customOperator<Tensor>({ name: 'wrong', forward: ([x]) => x!.sum(), vjps: [(_, c) => c.attributes] });
    scope(() => {
      const x = leaf([1, 2]);
      expect(() => wrong([x], ones([1], float64)).backward()).toThrow(GradientError);
      expect(() => wrong([x], ones([1], float64)).backward()).toThrow(
        'backward of wrong: the vjp of input 0 gave float64 [1], but the input is float64 [2]: sumTo() its shape and cast() to its type',
      );
      expect(() => wrong([x], ones([2])).backward()).toThrow('gave float32 [2], but the input is float64 [2]');
      wrong([x], arange(0, 2, 1, float64)).backward();
      expect(elements(x.grad)).toEqual([0, 1]);
    });
  });
});

describe('a gradient in the place of another', () => {
  const places: boolean[] = [];
  const watched: Device = {
    ...reference,
    kernels: {
      ...reference.kernels,
      polynomialGradient: (...operands) => {
        const [gradient, , , , out] = operands;
        places.push(gradient?.buffer === out.buffer);
        reference.kernels.polynomialGradient(...operands);
      },
    },
  };
  const on = { ...float64, device: watched };
  const square = (x: Tensor): Tensor =>
    polynomial(x, tensor([0, 0, 1], on), { basis: 'monomial', bound: 1, outside: 'polynomial' }).output;

  it('is computed there where nobody else looks at that one', () => {
    scope(() => {
      places.length = 0;
      const x = requireGrad(tensor([1, -2], on));
      const result = square(square(x));
      result.mul(3).sum().backward();
      expect(places).toEqual([true, true]);
      expect(elements(x.grad)).toEqual([12, -96]);
    });
  });

  it('leaves alone what the caller gave, asked for, or needs for another path', () => {
    scope(() => {
      places.length = 0;
      const x = requireGrad(tensor([1, -2], on));
      const given = tensor([3, 3], on);
      square(x).backward(given);
      expect(elements(given)).toEqual([3, 3]);
      expect(elements(x.grad)).toEqual([6, -12]);

      const middle = square(x);
      const [ofMiddle, ofX] = grad(middle.mul(3).sum(), [middle, x]);
      expect(elements(ofMiddle)).toEqual([3, 3]);
      expect(elements(ofX)).toEqual([6, -12]);

      zeroGrad(x);
      x.add(square(x)).mul(3).sum().backward();
      expect(elements(x.grad)).toEqual([9, -9]);
      expect(places).toEqual([false, false, false]);
    });
  });
});
