import { checkpoint, grad, noGrad, requireGrad } from '@pnn/autograd';
import {
  dropoutMask,
  Generator,
  GradientError,
  isReplaying,
  memory,
  normal,
  randomState,
  scope,
  setSeed,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '../src/layers/index.js';
import { Module } from '../src/module.js';
import { StateBuffer } from '../src/parameter.js';
import { bitsOf } from './trained-parameters.js';

beforeEach(() => setSeed(3));

function leaf(shape: readonly number[], seed = 1): Tensor {
  return requireGrad(normal(shape, 0, 1, { dtype: 'float64', generator: new Generator(seed, 'leaf') }));
}

/** Runs a function through, or keeps nothing of it but its result. */
type Way = (body: (x: Tensor) => Tensor, x: Tensor) => Tensor;

const ways: Readonly<Record<'plain' | 'saving', Way>> = {
  plain: (body, x) => body(x),
  saving: (body, x) => checkpoint(body, [x]),
};

/** The bits of everything that a step leaves behind; two steps, so that the second begins where the first has ended. */
function traceOf(make: () => { body: (x: Tensor) => Tensor; state: () => unknown; parameters?: Tensor[] }, way: Way) {
  setSeed(3);
  return scope(() => {
    const { body, state, parameters = [] } = make();
    const x = leaf([6, 4]);
    const steps = [1, 2].map(() =>
      scope(() => {
        const y = way(body, x);
        const gradients = grad(y.square().sum(), [x, ...parameters]);
        return [y, ...gradients].map(bitsOf);
      }),
    );
    return { steps, state: state(), random: randomState() };
  });
}

function expectAlike(make: () => { body: (x: Tensor) => Tensor; state: () => unknown; parameters?: Tensor[] }): void {
  expect(traceOf(make, ways.saving)).toEqual(traceOf(make, ways.plain));
}

describe('checkpoint repeats what its body draws', () => {
  it.each<[string, () => (x: Tensor) => Tensor]>([
    [
      'from a generator of its own',
      () => {
        const dropout = new Dropout(0.5, new Generator(7));
        return (x) => dropout.forward(x);
      },
    ],
    [
      'from several generators',
      () => {
        const layers = new Sequential(
          new Dropout(0.5, new Generator(7)),
          new Dropout(0.3),
          new Dropout(0.2, new Generator(8)),
        );
        return (x) => layers.forward(x);
      },
    ],
    [
      'from one generator in two places',
      () => {
        const shared = new Generator(7);
        return (x) => x.mul(dropoutMask(x, 0.5, shared)).add(x.mul(dropoutMask(x, 0.5, shared)));
      },
    ],
    ['from a generator made inside', () => (x) => x.mul(dropoutMask(x, 0.5, new Generator(7)))],
    [
      'from a generator that the first run makes',
      () => {
        let generator: Generator | undefined;
        return (x) => {
          generator ??= new Generator(7);
          return x.mul(dropoutMask(x, 0.5, generator));
        };
      },
    ],
    [
      'from a generator that is seeded inside',
      () => {
        const generator = new Generator(7);
        return (x) => {
          generator.resume({ seed: 9, position: 4, spareNormal: null });
          return x.mul(dropoutMask(x, 0.5, generator));
        };
      },
    ],
    [
      'as single numbers, the second of a pair among them',
      () => {
        const generator = new Generator(7);
        generator.normal();
        return (x) => x.mul(generator.normal()).add(x.square().mul(generator.uniform() + generator.integer(5)));
      },
    ],
    [
      'as a tensor',
      () => {
        const generator = new Generator(7);
        return (x) => x.mul(normal(x.shape, 0, 1, { dtype: 'float64', generator }));
      },
    ],
    [
      'in checkpoints inside',
      () => {
        const layers = [1, 2, 3].map((seed) => new Dropout(0.4, new Generator(seed)));
        return (x) =>
          checkpoint(
            (a) => layers[2]!.forward(checkpoint((b) => layers[1]!.forward(b.mul(2)), [layers[0]!.forward(a)])),
            [x],
          ).mul(3);
      },
    ],
  ])('%s', (_, makeBody) => {
    expectAlike(() => ({ body: makeBody(), state: () => undefined }));
  });

  it('and leaves a generator where it stood, whatever was drawn in between', () => {
    fc.assert(
      fc.property(
        fc.nat(9),
        fc.nat(9),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (before, between, probability) => {
          const generator = new Generator(7);
          for (let i = 0; i < before; i++) generator.normal();
          scope(() => {
            const x = leaf([5]);
            const y = checkpoint((a) => a.mul(dropoutMask(a, probability, generator)), [x]);
            for (let i = 0; i < between; i++) generator.normal();
            const state = generator.state();
            const [gradient] = grad(y.sum(), [x]);
            expect(generator.state()).toEqual(state);
            expect([...gradient!.mul(x).dataSync()]).toEqual([...y.dataSync()]);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('after the program was seeded anew', () => {
    scope(() => {
      const x = leaf([20]);
      const y = checkpoint((a) => a.mul(dropoutMask(a, 0.5)), [x]);
      setSeed(11);
      const state = randomState();
      expect([...grad(y.sum(), [x])[0]!.mul(x).dataSync()]).toEqual([...y.dataSync()]);
      expect(randomState()).toEqual(state);
    });
  });

  it('and where the graph is differentiated again', () => {
    scope(() => {
      const x = leaf([20]);
      const generator = new Generator(7);
      const y = checkpoint((a) => a.square().mul(dropoutMask(a, 0.5, generator)), [x]).sum();
      const [first] = grad(y, [x], { retainGraph: true });
      const [second] = grad(y, [x], { createGraph: true });
      expect(bitsOf(second!)).toBe(bitsOf(first!));
      const twice = grad(second!.sum(), [x])[0]!;
      expect([...twice.mul(x).dataSync()]).toEqual([...first!.dataSync()]);
    });
  });
});

/** Counts its calls in a buffer, and multiplies by what it has counted. */
class Counting extends Module {
  readonly calls = new StateBuffer(tensor(new Float64Array([0])));

  constructor(readonly uses: 'before' | 'after' | 'not') {
    super();
  }

  override forward(x: Tensor): Tensor {
    const before = noGrad(() => this.calls.clone());
    this.calls.assign(noGrad(() => this.calls.add(1)));
    if (this.uses === 'not') return x.square();
    return x.square().mul(this.uses === 'before' ? before : this.calls);
  }
}

describe('checkpoint changes once what its body changes', () => {
  it.each([0.1, null])('running statistics, by momentum %s', (momentum) => {
    expectAlike(() => {
      const layers = new Sequential(new Linear(4, 3), new BatchNorm1d(3, { momentum }), new ReLU()).cast('float64');
      return {
        body: (x) => layers.forward(x),
        state: () => [...layers.namedBuffers()].map(([name, buffer]) => [name, bitsOf(buffer)]),
        parameters: layers.parameters(),
      };
    });
  });

  it.each(['before', 'after', 'not'] as const)('a buffer of any kind, which it uses: %s', (uses) => {
    expectAlike(() => {
      const counting = new Counting(uses);
      return { body: (x) => counting.forward(x), state: () => bitsOf(counting.calls) };
    });
  });

  it('through a view, and in checkpoints inside', () => {
    expectAlike(() => {
      const buffer = new StateBuffer(tensor(new Float64Array([1, 2, 3, 4])));
      const change = (x: Tensor) => {
        noGrad(() => buffer.reshape([2, 2]).assignLerp(x.detach().sum(0).reshape([2, 2]), 0.5));
        return x.square();
      };
      return { body: (x) => change(checkpoint(change, [x.sin()])), state: () => bitsOf(buffer) };
    });
  });

  it('and leaves tensors of its own alone', () => {
    expectAlike(() => ({
      body: (x) => {
        const sum = noGrad(() => x.detach().mul(0));
        for (let i = 1; i <= 3; i++) noGrad(() => sum.assign(sum.add(i)));
        return x.mul(sum);
      },
      state: () => undefined,
    }));
  });

  it('so that a graph which has used the statistics can go on', () => {
    scope(() => {
      const layer = new BatchNorm1d(3).cast('float64');
      const x = leaf([5, 3]);
      const y = checkpoint((a) => layer.forward(a), [x]);
      const loss = y.mul(layer.runningMean!).sum().add(y.sin().mul(layer.runningMean!).sum());
      expect(() => loss.backward()).not.toThrow();
    });
  });

  it('or says that what it needs for that was freed', () => {
    const layer = new BatchNorm1d(3).cast('float64');
    const x = leaf([5, 3]);
    const y = scope(() => checkpoint((a) => layer.forward(a), [x]).sum());
    expect(() => y.backward()).toThrow(GradientError);
  });

  it('and tells hooks of the first run only', () => {
    scope(() => {
      const layer = new Linear(4, 2).cast('float64');
      let calls = 0;
      layer.addForwardHook(() => calls++);
      checkpoint((a) => layer.forward(a), [leaf([3, 4])])
        .sum()
        .backward();
      expect(calls).toBe(1);
    });
  });

  it('and keeps nothing, where the second run fails neither', () => {
    const inputs = () => leaf([8, 4]).detach();
    const network = new Sequential(new Linear(4, 4), new BatchNorm1d(4), new Dropout(0.5, new Generator(1))).cast(
      'float64',
    );
    const step = () =>
      scope(() => {
        network.zeroGrad();
        checkpoint((a) => checkpoint((b) => network.forward(b), [network.forward(a)]), [inputs()])
          .square()
          .sum()
          .backward();
      });
    step();
    const before = memory();
    for (let i = 0; i < 5; i++) step();
    expect(memory()).toEqual(before);
    network.zeroGrad();
    const failing = () =>
      scope(() => {
        let runs = 0;
        checkpoint(
          (a) => {
            const y = network.forward(a);
            if (runs++ > 0) throw new Error('the second run fails');
            return y;
          },
          [inputs()],
        )
          .sum()
          .backward();
      });
    const alive = memory();
    expect(failing).toThrow('the second run fails');
    expect(memory()).toEqual(alive);
    expect(isReplaying()).toBe(false);
  });
});
