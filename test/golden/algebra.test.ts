import { einsum } from '@pnn/tensor';
import { compareWithGolden, type Tolerances } from './compare.js';

/** Sums of a few products, added in another order. */
const products: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

compareWithGolden(
  'algebra',
  {
    einsum: (given, { attributes }) => einsum(attributes.equation as string, ...Object.values(given)),
  },
  () => products,
);
