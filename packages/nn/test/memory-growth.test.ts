import { beforeEach, expect, it, vi } from 'vitest';
import type * as Package from '../src/index.js';

// The warning is given once in a program: every test loads the package anew.
let nn: typeof Package;
beforeEach(async () => {
  vi.resetModules();
  nn = await import('../src/index.js');
});

interface Training {
  readonly optimizer: Package.Optimizer;
  /** The loss of a network whose one activation takes 2 MiB, differentiated. */
  readonly differentiate: () => Package.Tensor;
}

/** What is printed while so many steps are made, by loops that all run side by side. */
function warningsOf(steps: number, ...loops: readonly ((training: Training, step: number) => void)[]): string[] {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const inputs = nn.ones([512, 1024]);
  const trainings = loops.map((loop) => {
    const parameter = new nn.Parameter(nn.tensor([0.5]));
    const optimizer = new nn.AdamW([parameter], { maxNorm: 1 });
    const differentiate = () => {
      const loss = inputs.mul(parameter).square().mean();
      loss.backward();
      return loss;
    };
    return { loop, training: { optimizer, differentiate } };
  });
  try {
    for (let step = 0; step < steps; step++) for (const { loop, training } of trainings) loop(training, step);
    return warn.mock.calls.map(([message]) => message);
  } finally {
    warn.mockRestore();
  }
}

/** As it is written in PyTorch. */
function leaky({ optimizer, differentiate }: Training): void {
  optimizer.zeroGrad();
  differentiate();
  optimizer.step();
}

it('warns once of a loop without scope(), and says what to do', () => {
  expect(warningsOf(51, leaky)[0]).toMatch(
    /^AdamW\.step: every one of the last 50 steps left more tensors alive, \d+ MiB in all: compute the loss and its gradients inside scope\(\(\) => …\) in the training loop, which frees the rest$/,
  );
  expect(warningsOf(60, leaky)).toEqual([]);
});

it('warns once of several loops', () => expect(warningsOf(60, leaky, leaky).length).toBe(1));

it('waits for 50 steps', () => expect(warningsOf(50, leaky)).toEqual([]));

it('is silent where scope() frees what a step leaves, wherever the step is made', () => {
  const before = ({ optimizer, differentiate }: Training) => {
    optimizer.zeroGrad();
    nn.scope(differentiate).dispose();
    optimizer.step();
  };
  const inside = (training: Training) => nn.scope(() => leaky(training));
  expect(warningsOf(120, before)).toEqual([]);
  expect(warningsOf(120, inside)).toEqual([]);
});

it('is silent where the losses of all steps are kept', () => {
  const losses: Package.Tensor[] = [];
  const loop = ({ optimizer, differentiate }: Training) => {
    optimizer.zeroGrad();
    losses.push(nn.scope(() => differentiate().detach()));
    optimizer.step();
  };
  expect(warningsOf(300, loop)).toEqual([]);
  expect(losses.length).toBe(300);
});

it('is silent where what is left is freed from time to time', () => {
  let left: Package.Tensor[] = [];
  const loop = (training: Training, step: number) => {
    left.push(nn.zeros([1024, 1024]));
    if (step % 40 === 39) {
      for (const each of left) each.dispose();
      left = [];
    }
    nn.scope(() => leaky(training));
  };
  expect(warningsOf(200, loop)).toEqual([]);
});
