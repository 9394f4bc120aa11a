import type { Tensor } from '@pnn/tensor';
import type fc from 'fast-check';
import type { Table } from '../../packages/tensor/test/oracle.js';

/** A function at a point where it is twice differentiable. */
export interface GradientCase {
  readonly inputs: readonly Table[];
  readonly f: (...inputs: Tensor[]) => Tensor;
}

/** For operators by name: points and functions that apply the operator. */
export type GradientCases = Readonly<Record<string, fc.Arbitrary<GradientCase>>>;

/** Several results as one vector. */
export function together(results: readonly Tensor[]): Tensor {
  return results.map((each) => each.flatten()).reduce((a, b) => a.pad([[0, b.size]]).add(b.pad([[a.size, 0]])));
}
