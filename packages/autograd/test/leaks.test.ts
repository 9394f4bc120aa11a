import { backward, checkpoint, customOperator, grad, requireGrad, zeroGrad } from '@pnn/autograd';
import {
  batchNorm,
  conv2d,
  maxPool2d,
  memory,
  normal,
  polynomial,
  scope,
  setSeed,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import { describe, expect, it } from 'vitest';

function parameter(...shape: number[]): Tensor {
  return requireGrad(normal(shape, 0, 0.5));
}

/** A gradient step on the parameters, in place. */
function descend(parameters: readonly Tensor[]): void {
  scope(() => {
    for (const each of parameters) {
      each.assign(each.detach().sub(each.grad!.mul(0.01)));
      zeroGrad(each);
    }
  });
}

const cubed = customOperator({
  name: 'cubed',
  forward: ([x]) => x!.mul(x!).mul(x!),
  vjps: [(g, c) => g.mul(c.input(0).square().mul(3))],
});

describe('a training loop holds as much after step 1000 as after step 10', () => {
  it.each<[string, (w: readonly Tensor[]) => void]>([
    ['forward and backward', ([w, b]) => input().matmul(w!).add(b!).relu().mean().backward()],
    [
      'an in-between scope',
      ([w, b]) => {
        const loss = scope(() => {
          const y = input().matmul(w!).add(b!).sum();
          y.backward();
          return y.detach();
        });
        loss.itemSync();
      },
    ],
    [
      'every fused operator',
      ([w, b, coefficients]) => {
        const { output } = batchNorm(input().matmul(w!), b);
        const { output: y, penalty } = polynomial(output, coefficients!, {
          bound: 3,
          penalty: { form: 'exponential', limit: 1, cap: 3 },
        });
        softmaxCrossEntropy(y, tensor([0, 1, 2, 0], { dtype: 'int32' }))
          .mean()
          .add(penalty)
          .backward();
      },
    ],
    [
      'planes',
      ([w, b, coefficients]) => {
        const planes = input().reshape([1, 1, 4, 3]);
        const y = maxPool2d(
          conv2d(
            planes,
            w!
              .slice([
                [0, 2],
                [0, 2],
              ])
              .reshape([1, 1, 2, 2]),
            undefined,
            { padding: 1 },
          ),
          2,
        );
        y.sum().mul(b!.sum()).mul(coefficients!.sum()).backward();
      },
    ],
    [
      'a gradient penalty',
      ([w, b]) => {
        const x = requireGrad(input());
        const y = x.matmul(w!).add(b!).tanh().sum();
        const [slope] = grad(y, [x], { createGraph: true }) as [Tensor];
        y.add(slope.square().sum()).backward();
        zeroGrad(x);
      },
    ],
    [
      'a graph that is kept',
      ([w]) => {
        const y = input().matmul(w!).square().sum();
        backward(y, { retainGraph: true });
        y.backward();
      },
    ],
    [
      'checkpoints',
      ([w, b]) =>
        checkpoint((x) => x.matmul(w!).add(b!).tanh(), [input()])
          .square()
          .sum()
          .backward(),
    ],
    [
      'an operator of its own',
      ([w]) =>
        cubed([input().matmul(w!)])
          .mean()
          .backward(),
    ],
    [
      'a loss that is never differentiated',
      ([w, b]) => {
        input().matmul(w!).exp().sum();
        input().matmul(w!).add(b!).sum().backward();
      },
    ],
  ])('%s', (_, step) => {
    setSeed(1);
    const parameters = [parameter(3, 3), parameter(3), parameter(4)];
    const run = (steps: number) => {
      for (let i = 0; i < steps; i++) {
        scope(() => step(parameters));
        descend(parameters.filter((each) => each.grad));
      }
      return memory();
    };
    const early = run(10);
    expect(run(990)).toEqual(early);
    for (const each of parameters) each.dispose();
  });

  function input(): Tensor {
    return normal([4, 3]);
  }
});

it('gradients outside of any scope are the only thing that backward adds', () => {
  const w = parameter(3);
  const y = scope(() => w.add(1).sum());
  const before = memory();
  y.backward();
  expect(memory().tensors - before.tensors).toBe(1);
  expect(memory().bytes - before.bytes).toBe(12);
  zeroGrad(w);
  expect(memory()).toEqual(before);
  w.dispose();
  y.dispose();
});
