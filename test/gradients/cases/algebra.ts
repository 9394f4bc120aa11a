import { einsum, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { quarters } from '../points.js';

const lengths = fc.record({
  i: fc.integer({ min: 1, max: 3 }),
  j: fc.integer({ min: 0, max: 2 }),
  k: fc.integer({ min: 1, max: 2 }),
});

/** Products, traces, diagonals, sums, outer products, three factors, and axes of length 1 that broadcast. */
const contractions: fc.Arbitrary<GradientCase> = fc
  .tuple(
    lengths,
    fc.constantFrom('ij,jk->ik', 'ii', 'ii->i', 'ij->j', 'i,k->ki', 'ij,jk,k->i', 'kij,ij->k', 'ij,1j->ij'),
  )
  .chain(([length, equation]) => {
    const terms = equation.split('->')[0]!.split(',');
    const shapes = terms.map((term) =>
      [...term].map((letter) => (letter === '1' ? 1 : length[letter as keyof typeof length])),
    );
    return fc
      .tuple(...shapes.map((shape) => tablesOf(shape, quarters(-2, 2))))
      .map((inputs) => ({ inputs, f: (...tensors: Tensor[]) => einsum(equation.replace('1', 'i'), ...tensors) }));
  });

/** Functions of linear algebra that are composed of several operators. */
export const algebraCases: GradientCases = {
  einsum: contractions,
};
