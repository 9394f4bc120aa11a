import { memory, normal, scope, setSeed, type Tensor } from '@pnn/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { clipGradientNorm } from '../src/clipping.js';
import { BatchNorm1d, Linear, Polynomial, ReLU, Sequential } from '../src/layers/index.js';
import { AdamW, Lion, type Optimizer, RMSprop, SGD } from '../src/optimizers/index.js';
import { bitsOf } from './trained-parameters.js';

beforeEach(() => setSeed(5));

function networkOf() {
  const body = new Sequential(new Linear(4, 6), new BatchNorm1d(6), new ReLU());
  const middle = new Polynomial({ basis: 'monomial', powers: [0, 1, 0.5] }, { bound: 3, learnable: true });
  return { body, middle, head: new Linear(6, 2) };
}

type Parts = ReturnType<typeof networkOf>;

function step({ body, middle, head }: Parts, optimizer: Optimizer, inputs: Tensor): void {
  scope(() => {
    optimizer.zeroGrad();
    head
      .forward(middle.forward(body.forward(inputs)))
      .square()
      .sum()
      .backward();
    optimizer.step();
  });
}

const all = (parts: Parts) => new Sequential(parts.body, parts.middle, parts.head);
const bitsOfAll = (tensors: Iterable<Tensor>) => [...tensors].map(bitsOf);

describe('a module that does not require gradients', () => {
  it.each<[string, (parts: Parts) => Optimizer]>([
    ['SGD', (parts) => new SGD(all(parts).parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.1, maxNorm: 1 })],
    ['AdamW', (parts) => new AdamW(all(parts).parameters(), { lr: 0.1, weightDecay: 0.1 })],
    ['RMSprop', (parts) => new RMSprop(all(parts).parameters(), { lr: 0.1, weightDecay: 0.1 })],
    ['Lion', (parts) => new Lion(all(parts).parameters(), { lr: 0.1, weightDecay: 0.1 })],
  ])('is left alone by %s, and is trained again when it requires them again', (_, make) => {
    scope(() => {
      const parts = networkOf();
      const { body, head } = parts;
      using optimizer = make(parts);
      const inputs = normal([8, 4], 1, 2);
      step(parts, optimizer, inputs);
      expect(body.requireGrad(false)).toBe(body);
      expect(body.parameters().map(({ grad, requiresGrad }) => [grad, requiresGrad])).toEqual(
        body.parameters().map(() => [undefined, false]),
      );
      const before = bitsOfAll(body.parameters());
      const trained = bitsOfAll(head.parameters());
      const buffers = () => [...body.namedBuffers()].map(([, buffer]) => bitsOf(buffer));
      const statistics = buffers();
      step(parts, optimizer, inputs);
      expect(bitsOfAll(body.parameters())).toEqual(before);
      expect(body.parameters().every(({ grad }) => grad === undefined)).toBe(true);
      expect(bitsOfAll(head.parameters())).not.toEqual(trained);
      expect(buffers()).not.toEqual(statistics);
      body.requireGrad();
      step(parts, optimizer, inputs);
      bitsOfAll(body.parameters()).forEach((bits, i) => {
        expect(bits).not.toBe(before[i]);
      });
      const { groups, steps } = optimizer.stateDict().settings;
      expect(steps).toEqual(groups.flatMap(({ name, shapes }) => shapes.map((shape) => stepsOf(name, shape))));
      all(parts).dispose();
    });
  });

  /** Three steps for what was never frozen: the head and the polynomial. */
  const stepsOf = (group: string, shape: readonly number[]) =>
    group === 'polynomial' || (group === 'weight' && shape[0] === 2) ? 3 : 2;

  it('gives the rest the gradients that it would have otherwise', () => {
    scope(() => {
      const parts = networkOf();
      const inputs = normal([8, 4]);
      const gradients = () => {
        all(parts).zeroGrad();
        const { body, middle, head } = parts;
        scope(() =>
          head
            .forward(middle.forward(body.forward(inputs)))
            .square()
            .sum()
            .backward(),
        );
        return [...head.parameters(), ...middle.parameters()].map(({ grad }) => bitsOf(grad!));
      };
      const expected = gradients();
      parts.body.requireGrad(false);
      expect(gradients()).toEqual(expected);
      all(parts).dispose();
    });
  });

  it('costs no gradients: neither memory, nor a part of the norm', () => {
    const parts = networkOf();
    const network = all(parts);
    network.requireGrad(false);
    parts.head.requireGrad();
    const before = memory().tensors;
    scope(() =>
      parts.head
        .forward(parts.body.forward(normal([8, 4])))
        .square()
        .sum()
        .backward(),
    );
    expect(memory().tensors - before).toBe(2);
    scope(() => {
      const norms = [network, parts.head].map((each) => clipGradientNorm(each.parameters(), Infinity).itemSync());
      expect(norms[0]).toBe(norms[1]);
    });
    network.zeroGrad();
    network.dispose();
  });

  it('stays so in another type', () => {
    const { body, head } = networkOf();
    const network = new Sequential(body, head);
    body.requireGrad(false);
    network.cast('float64');
    expect(network.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    network.dispose();
  });
});
