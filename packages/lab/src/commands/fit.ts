import { fitPolynomial, MAX_DEGREE, targets } from '@pnn/pnn';
import type { Command } from '../cli/command.js';

const methods = ['least-squares', 'minimax'] as const;

/** `pnn fit` */
export const fit: Command = {
  name: 'fit',
  summary: 'fit a polynomial to an activation, and print it',
  description: 'Fits a polynomial to an activation and prints its coefficients and its largest error.',
  options: () => [
    {
      heading: 'Options',
      options: {
        target: { value: 'NAME', description: `${targets.names().join(', ')} (default relu)` },
        degree: { value: 'N', description: `degree of the polynomial, 1 to ${MAX_DEGREE} (default 8)` },
        bound: { value: 'B', description: 'fitted on [-B, B] (default 10)' },
        method: { value: 'NAME', description: `${methods[0]} (default) or ${methods[1]}` },
      },
    },
  ],
  async run(options, terminal) {
    const polynomial = fitPolynomial(options.choice('target', targets.names()) ?? 'relu', {
      degree: options.integer('degree', 1, MAX_DEGREE) ?? 8,
      bound: options.positive('bound') ?? 10,
      method: options.choice('method', methods) ?? methods[0],
    });
    terminal.write(`${polynomial.describe()}\n`);
    return 0;
  },
};
