import { AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Residual, Sequential } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { networkDepth, PolynomialActivation, TargetActivation } from '../../src/index.js';

const activation = () => new PolynomialActivation({ degree: 8, bound: 5 });
const conv = () => new Conv2d(2, 2, 3, { padding: 1 });

describe('networkDepth', () => {
  it('adds up the longest path, and no more for what is folded', () => {
    const body = new Sequential(conv(), new BatchNorm2d(2), activation(), conv());
    const network = new Sequential(
      conv(),
      new BatchNorm2d(2),
      activation(),
      new Residual(body),
      new AvgPool2d(2),
      new Flatten(),
      new Linear(8, 3),
    ).eval();
    expect(networkDepth(network, [2, 4, 4], [4, 3])).toBe(1 + 4 + (1 + 3 + 1) + 1);
    // A short body: the path beside it counts.
    expect(networkDepth(new Residual(new Linear(3, 3)).eval(), [3], [])).toBe(1);
  });

  it.each([new MaxPool2d(2), new TargetActivation('relu')])('refuses %s by a sentence', (layer) => {
    expect(() => networkDepth(new Sequential(conv(), layer).eval(), [2, 4, 4], [])).toThrow(
      /networkDepth: 1 computes \w+, which a ciphertext does not/,
    );
  });
});
