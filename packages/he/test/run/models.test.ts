import { models } from '@pnn/models';
import type { Shape } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { expect, test } from 'vitest';
import { expectSameOnSlots } from './expect-same-on-slots.js';

/** The models that a name stands for, in small; ResNets have one width, and resnet1d is built of the same blocks. */
test.each<[name: string, inputShape: Shape, widths: readonly number[]]>([
  ['mlp', [30], [12, 8]],
  ['cnn', [2, 12, 12], [3, 4]],
  ['lenet', [1, 14, 14], [2, 4, 10]],
  ['vgg', [2, 8, 8], [2, 3]],
  ['resnet1d', [3, 24], [2, 4]],
  ['spectrogram-cnn', [1, 8, 12], [2, 3, 4]],
])('%s compiles in either order, with refreshes where levels run out', async (name, inputShape, widths) => {
  for (const order of ['normalization-first', 'activation-first'] as const) {
    const network = models.get(name).make({
      inputShape,
      outputs: 3,
      activation: () => new PolynomialActivation({ degree: 4, bound: 10 }),
      widths,
      order,
      dropout: name === 'mlp' ? 0.5 : 0,
    });
    const plan = await expectSameOnSlots(network, inputShape, 1, true);
    expect(plan.layers.length).toBeGreaterThan(1);
  }
});
