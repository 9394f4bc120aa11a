import {
  cholesky,
  determinant,
  einsum,
  type FourierOptions,
  type FourierPlaneOptions,
  fft,
  fft2,
  ifft,
  ifft2,
  inverse,
  irfft,
  logDeterminant,
  rfft,
  solve,
  triangularSolve,
} from '@pnn/tensor';
import { compareWithGolden, type Tolerances } from './compare.js';

/** Sums of a few products, added in another order. */
const products: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** Sums of n terms in log n steps. */
const sums: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 2e-6, scaled: 4e-6 },
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
    fft: ({ x }, { attributes }) => fft(x!, attributes as FourierOptions),
    ifft: ({ x }, { attributes }) => ifft(x!, attributes as FourierOptions),
    rfft: ({ x }, { attributes }) => rfft(x!, attributes as FourierOptions),
    irfft: ({ x }, { attributes }) => irfft(x!, attributes.n as number, attributes as FourierOptions),
    fft2: ({ x }, { attributes }) => fft2(x!, attributes as unknown as FourierPlaneOptions),
    ifft2: ({ x }, { attributes }) => ifft2(x!, attributes as unknown as FourierPlaneOptions),
  },
  ({ subject }) => (subject === 'einsum' ? products : subject.includes('fft') ? sums : eliminations),
);
