import { fitPolynomial } from '@pnn/pnn';

for (const method of ['least-squares', 'minimax'] as const) {
  console.log(fitPolynomial('relu', { degree: 8, bound: 6, method }).describe());
}
