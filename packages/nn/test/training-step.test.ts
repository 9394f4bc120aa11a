import { backward, noGrad } from '@pnn/autograd';
import { type FloatDType, memory, normal, randomStream, scope, setSeed, type Tensor, tensor } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { linearMemory } from '../../tensor/src/devices/host/linear-memory.js';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  Polynomial,
  Residual,
  Sequential,
} from '../src/layers/index.js';
import { crossEntropy } from '../src/losses/index.js';
import { AdamW } from '../src/optimizers/index.js';

/** A small network with one layer of every kind that keeps a state or draws random numbers. */
function network(dtype: FloatDType): Sequential {
  const activation = () =>
    new Polynomial(
      { basis: 'even-odd', even: [0.75, 0.75], odd: [1] },
      { bound: 2, learnable: true, outside: 'tangent', dtype },
    );
  return new Sequential(
    new Conv2d(1, 2, 3, { padding: 1, bias: false, dtype }),
    new BatchNorm2d(2, { dtype }),
    activation(),
    new Residual(new Sequential(new Conv2d(2, 2, 1, { dtype }), new BatchNorm2d(2, { dtype }), activation())),
    new AvgPool2d(2),
    new Flatten(),
    new Dropout(0.25),
    new Linear(8, 3, { dtype }),
  );
}

/** A training that can be gone on with step by step. */
class Training implements Disposable {
  readonly network: Sequential;
  readonly #optimizer: AdamW;
  readonly #dtype: FloatDType;

  constructor(seed: number, dtype: FloatDType) {
    setSeed(seed);
    this.#dtype = dtype;
    this.network = network(dtype);
    this.#optimizer = new AdamW(this.network.parameterGroups(), { lr: 0.01, maxNorm: 1 });
  }

  /** One step on a random batch, and its loss. */
  step(): number {
    const loss = scope(() => {
      const generator = randomStream('data');
      const images = normal([6, 1, 4, 4], 0, 1, { dtype: this.#dtype, generator });
      const labels = tensor(Int32Array.from({ length: 6 }, () => generator.integer(3)));
      this.#optimizer.zeroGrad();
      const result = crossEntropy(this.network.forward(images), labels);
      backward(result);
      return result.itemSync();
    });
    this.#optimizer.step();
    return loss;
  }

  steps(count: number): number[] {
    return Array.from({ length: count }, () => this.step());
  }

  /** Everything that was learned or tracked, as bytes. */
  bytes(): Uint8Array[] {
    return [...this.network.stateDict().values()].map((value: Tensor) => new Uint8Array(value.dataSync().buffer));
  }

  [Symbol.dispose](): void {
    this.#optimizer.dispose();
    this.network.dispose();
  }
}

describe.each(['float32', 'float64'] as const)('training steps in %s', (dtype) => {
  // Nothing here waits, so that the garbage collector has no chance to tidy up what a step forgets.
  test('keep nothing: memory is the same after 10 steps and after 1000', () => {
    const before = memory();
    {
      using training = new Training(1, dtype);
      const use = () => ({ ...memory(), used: linearMemory.usedBytes, size: linearMemory.memory.buffer.byteLength });
      training.steps(10);
      const early = use();
      const losses = training.steps(990);
      expect(use()).toEqual(early);
      expect(losses.every(Number.isFinite)).toBe(true);
    }
    expect(memory()).toEqual(before);
  });

  test('give the same bits from the same seed', () => {
    const run = (seed: number) => {
      using training = new Training(seed, dtype);
      return { losses: training.steps(20), state: training.bytes() };
    };
    const first = run(7);
    expect(run(7)).toEqual(first);
    expect(run(8).losses).not.toEqual(first.losses);
  });
});

test('evaluation keeps nothing and changes nothing', () => {
  using training = new Training(1, 'float32');
  training.steps(2);
  const images = normal([6, 1, 4, 4]);
  const { network } = training;
  network.eval();
  const state = training.bytes();
  const evaluate = () => scope(() => noGrad(() => Array.from(network.forward(images).dataSync())));
  const before = memory();
  const first = evaluate();
  for (let i = 0; i < 100; i++) expect(evaluate()).toEqual(first);
  expect(memory()).toEqual(before);
  expect(training.bytes()).toEqual(state);
});

test('what a training learns lowers the loss', () => {
  using training = new Training(3, 'float32');
  const { network } = training;
  const images = normal([12, 1, 4, 4]);
  const labels = tensor(Int32Array.from({ length: 12 }, (_, i) => i % 3));
  using optimizer = new AdamW(network.parameterGroups(), { lr: 0.02 });
  const loss = () => scope(() => noGrad(() => crossEntropy(network.forward(images), labels).itemSync()));
  const before = loss();
  for (let step = 0; step < 150; step++) {
    scope(() => {
      optimizer.zeroGrad();
      backward(crossEntropy(network.forward(images), labels));
      optimizer.step();
    });
  }
  expect(loss()).toBeLessThan(before / 2);
});
