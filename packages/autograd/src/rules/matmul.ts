import type { OperatorFamilies } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';

/** For Y = A·B: dA = G·Bᵀ and dB = Aᵀ·G, with the transpositions moved to where they are free. */
export const matmulRules: RulesOf<OperatorFamilies['matmul']> = {
  matmul: [
    (g, c) => {
      const { transposeA, transposeB } = c.attributes;
      const b = c.input(1);
      const gradient = transposeA
        ? b.matmul(g, { transposeA: transposeB, transposeB: true })
        : g.matmul(b, { transposeB: !transposeB });
      return gradient.sumTo(c.shape(0));
    },
    (g, c) => {
      const { transposeA, transposeB } = c.attributes;
      const a = c.input(0);
      const gradient = transposeB
        ? g.matmul(a, { transposeA: true, transposeB: transposeA })
        : a.matmul(g, { transposeA: !transposeA });
      return gradient.sumTo(c.shape(1));
    },
  ],
};
