import { type OperatorFamilies, sparseMatmul, transposeSparse } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';

/** A linear map, whose gradient is its transpose. */
export const sparseRules: RulesOf<OperatorFamilies['sparse']> = {
  sparseMatmul: [(g, c) => sparseMatmul(g, c.attributes.axis, transposeSparse(c.attributes.matrix))],
};
