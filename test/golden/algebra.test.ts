import { cholesky, determinant, einsum, inverse, logDeterminant, solve, triangularSolve } from '@pnn/tensor';
import { compareWithGolden, type Tolerances } from './compare.js';

/** Sums of a few products, added in another order. */
const products: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** Elimination of matrices whose condition is below 30. */
const eliminations: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-12 },
  float32: { relative: 2e-5, scaled: 2e-5 },
};

compareWithGolden(
  'algebra',
  {
    einsum: (given, { attributes }) => einsum(attributes.equation as string, ...Object.values(given)),
    solve: ({ a, b }) => solve(a!, b!),
    inverse: ({ x }) => inverse(x!),
    determinant: ({ x }) => determinant(x!),
    logDeterminant: ({ x }) => ({ outputs: { ...logDeterminant(x!) } }),
    triangularSolve: ({ a, b }, { attributes }) =>
      triangularSolve(a!, b!, attributes as { upper: boolean; unitDiagonal: boolean }),
    cholesky: ({ x }) => cholesky(x!),
  },
  ({ subject }) => (subject === 'einsum' ? products : eliminations),
);
