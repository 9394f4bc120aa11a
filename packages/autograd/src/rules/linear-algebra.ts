import { type OperatorFamilies, type Tensor, triangularSolve } from '@pnn/tensor';
import type { Context, RulesOf } from '../rule.js';

interface Triangle {
  readonly upper: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

function ofRightSide(g: Tensor, c: Context<Triangle>): Tensor {
  return triangularSolve(c.input(0), g, { ...c.attributes, transpose: !c.attributes.transpose });
}

/**
 * L⁻ᵀ·(tril(Lᵀ·dL, −1) + triu(dU·Uᵀ))·U⁻ᵀ, with the rows and columns put back. A 0 on the diagonal of U is taken for a 1: there
 * the factors have no derivatives, and that of the determinant, which has some, reaches them as 0.
 */
function ofFactored(g: Tensor, c: Context): Tensor {
  const output = c.output(0);
  const n = output.shape.at(-1)!;
  const factors = output.add(output.diagonal().equal(0).cast(output.dtype).diagEmbed());
  const lower = g.tril(-1);
  const ofLower = lower.add(factors.tril(-1).matmul(lower, { transposeA: true })).tril(-1);
  const ofUpper = g.triu().matmul(factors.triu(), { transposeB: true }).triu();
  const half = triangularSolve(factors, ofLower.add(ofUpper), { transpose: true, unitDiagonal: true });
  const ordered = triangularSolve(factors, half.transpose(), { upper: true }).transpose();
  return ordered.scatterAdd(-2, c.output(1), n).scatterAdd(-1, c.output(2), n);
}

/**
 * L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹ and its transpose, halved; Φ takes the lower triangle with half of the diagonal (Murray,
 * "Differentiation of the Cholesky decomposition", arXiv 1602.07527, equation 10).
 */
function ofDecomposed(g: Tensor, c: Context): Tensor {
  const lower = c.output(0);
  const product = lower.matmul(g.tril(), { transposeA: true });
  const inner = product.tril().add(product.tril(-1)).mul(0.5);
  const half = triangularSolve(lower, inner, { transpose: true }).transpose();
  const whole = triangularSolve(lower, half, { transpose: true });
  return whole.add(whole.transpose()).mul(0.5);
}

/** Every rule is a system of equations with the matrices that the factors of the forward pass are. */
export const linearAlgebraRules: RulesOf<OperatorFamilies['linearAlgebra']> = {
  lu: [ofFactored],
  triangularSolve: [
    (g, c) => {
      const { upper, transpose, unitDiagonal } = c.attributes;
      const x = c.output(0);
      const ofB = ofRightSide(g, c);
      const ofA = (transpose ? x.matmul(ofB, { transposeB: true }) : ofB.matmul(x, { transposeB: true })).neg();
      return upper ? ofA.triu(unitDiagonal ? 1 : 0) : ofA.tril(unitDiagonal ? -1 : 0);
    },
    ofRightSide,
  ],
  cholesky: [ofDecomposed],
};
