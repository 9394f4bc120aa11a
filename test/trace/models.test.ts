import { trace } from '@pnn/autograd';
import {
  type ActivationFactory,
  mlp,
  type NormalizationOrder,
  resnet8,
  resnet18,
  resnet20,
  smallCnn,
} from '@pnn/models';
import { Generator, type Module, ReLU, scope, setSeed, uniform } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { beforeEach, describe, expect, it } from 'vitest';
import { bits, expectSameBits } from './same-bits.js';

interface Choice {
  readonly activation: ActivationFactory;
  readonly order: NormalizationOrder;
}

const image = { channels: 3, height: 8, width: 8, classes: 4 } as const;
const images = [2, image.channels, image.height, image.width];

const models: Readonly<Record<string, (choice: Choice) => Module>> = {
  smallCnn: (choice) => smallCnn({ ...image, ...choice, filters: [4, 6] }),
  mlp: (choice) => mlp({ inputs: 192, hidden: [8, 6], classes: 4, dropout: 0.3, ...choice }),
  resnet8: (choice) => resnet8({ ...image, ...choice }),
  resnet18: (choice) => resnet18({ ...image, ...choice }),
  resnet20: (choice) => resnet20({ ...image, ...choice }),
};

const activations: Readonly<Record<string, ActivationFactory>> = {
  ReLU: () => new ReLU(),
  PolynomialActivation: () => new PolynomialActivation({ degree: 4, bound: 8, outside: 'tangent' }),
};

const orders: readonly NormalizationOrder[] = ['normalization-first', 'activation-first'];

const batch = (seed: number) => uniform(images, -1, 1, { generator: new Generator(seed) });

const buffersOf = (model: Module) => bits(() => [...model.namedBuffers()].map(([, buffer]) => buffer));

beforeEach(() => setSeed(1));

describe.each(Object.entries(models))('%s', (_name, build) => {
  describe.each(Object.entries(activations))('with %s', (activationName, activation) => {
    it.each(orders)('%s gives the same bits in evaluation', (order) => {
      const model = build({ activation, order });
      scope(() => {
        // Running statistics that are not those of a new layer.
        model.forward(batch(1));
        model.eval();
        using graph = trace(model, [batch(2)]);
        for (const seed of [2, 3]) expectSameBits(graph, (x) => model.forward(x), [batch(seed)]);
        const layers = [...model.namedModules()].filter(([, each]) => each.constructor.name === activationName);
        const places = new Set(graph.nodes.map(({ module }) => module?.path));
        for (const [path] of layers) expect(places).toContain(path);
        expect(graph.constants.every(({ origin }) => origin.kind !== 'captured' && origin.kind !== 'literal')).toBe(
          true,
        );
        expect(graph.nodes.some(({ inPlace }) => inPlace)).toBe(false);
      });
      model.dispose();
    });

    it.each(orders)('%s gives the same bits in training, and the same running statistics', (order) => {
      const model = build({ activation, order });
      setSeed(1);
      const twin = build({ activation, order });
      scope(() => {
        setSeed(2);
        using graph = trace(model, [batch(2)]);
        setSeed(2);
        twin.forward(batch(2));
        for (const seed of [2, 3]) {
          expectSameBits(graph, (x) => twin.forward(x), [batch(seed)]);
          expect(buffersOf(model)).toEqual(buffersOf(twin));
        }
      });
      model.dispose();
      twin.dispose();
    });
  });
});
