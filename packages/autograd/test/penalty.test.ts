import { tensor } from '@pnn/tensor';
import { expect, test } from 'vitest';
import { checkGradients } from '../src/index.js';
import { penaltyOf } from '../src/rules/polynomial.js';

test.each(['exponential', 'quadratic', 'power'] as const)(
  'the penalty composed of operators has the gradient of finite differences: %s',
  (form) => {
    for (const cap of [0.7, 20]) {
      const x = tensor(Float64Array.of(-4, -2.3, -1.1, 0.2, 1.4, 1.9, 3.3));
      expect(() =>
        checkGradients((input) => penaltyOf(input, { form, limit: 1.5, cap }), [x], { order: 2 }),
      ).not.toThrow();
    }
  },
);
