import { BatchNorm2d, Conv2d, Dropout, Flatten, Generator, Linear, ReLU, Sequential, trace, uniform } from '@pnn/nn';
import { scope, setSeed, type Tensor } from '@pnn/tensor';
import { type GpuDevice, gpu } from '@pnn/tensor/gpu';
import { describe, expect, it } from 'vitest';

/** The modes that every machine has. */
const modes = ['webasm', 'cpu'] as const;

function networkOn(device: GpuDevice): Sequential {
  setSeed(1);
  return new Sequential(
    new Conv2d(1, 2, 3, { padding: 1, device }),
    new BatchNorm2d(2, { device }),
    new ReLU(),
    new Flatten(),
    new Dropout(0.5),
    new Linear(32, 3, { device }),
  );
}

/** Numbers of a computation whose random masks begin anew. */
async function numbersOf(compute: () => Tensor): Promise<number[]> {
  setSeed(7);
  const result = scope(compute);
  const numbers = [...(await result.data())];
  result.dispose();
  return numbers;
}

describe.each(modes)('on the GPU device in mode %s', (mode) => {
  it.each([true, false])('a network gives the same bits (in training: %s)', async (training) => {
    const device = await gpu({ mode });
    const [network, twin] = [networkOn(device).train(training), networkOn(device).train(training)];
    const [x, other] = [1, 2].map((seed) => uniform([2, 1, 4, 4], -1, 1, { device, generator: new Generator(seed) }));
    const graph = trace(network, [x!]);
    scope(() => twin.forward(x!));
    for (const input of [x!, other!]) {
      expect(await numbersOf(() => graph.run([input])[0]!)).toEqual(await numbersOf(() => twin.forward(input)));
    }
    const [means, twinMeans] = [network, twin].map((each) => each.stateDict().get('1.runningMean')!);
    expect([...(await means!.data())]).toEqual([...(await twinMeans!.data())]);
    for (const each of [graph, network, twin, x!, other!]) each.dispose();
  });
});
