import { fitPolynomial, MAX_DEGREE, targetNames } from '@pnn/pnn';
import { type OptionSpecs, Options, optionLines } from '../cli/options.js';
import type { Terminal } from './train-session.js';

const specs = {
  target: { value: 'NAME', description: `${targetNames.join(', ')} (default relu)` },
  degree: { value: 'N', description: `degree of the polynomial, 1 to ${MAX_DEGREE} (default 8)` },
  bound: { value: 'B', description: 'fitted on [-B, B] (default 10)' },
  method: { value: 'NAME', description: 'least-squares (default) or minimax' },
} as const satisfies OptionSpecs;

const help = `Usage: pnn fit [options]

Fits a polynomial to an activation and prints its coefficients and its largest error.

Options:
${optionLines(specs)}
`;

/** Runs `pnn fit` and returns its exit status. */
export async function fit(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = new Options('pnn fit', args, specs);
  if (options.has('help')) {
    terminal.write(help);
    return 0;
  }
  const polynomial = fitPolynomial(options.choice('target', targetNames) ?? 'relu', {
    degree: options.integer('degree', 1, MAX_DEGREE) ?? 8,
    bound: options.positive('bound') ?? 10,
    method: options.choice('method', ['least-squares', 'minimax']) ?? 'least-squares',
  });
  terminal.write(`${polynomial.describe()}\n`);
  return 0;
}
