import type { Graph } from '@pnn/autograd';
import { scope, setSeed, type Tensor } from '@pnn/tensor';
import { expect } from 'vitest';

export type TracedFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

interface Bits {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: string;
}

function bitsOf(tensor: Tensor): Bits {
  const { buffer, byteOffset, byteLength } = tensor.dataSync();
  return {
    dtype: tensor.dtype,
    shape: [...tensor.shape],
    bytes: Buffer.from(buffer, byteOffset, byteLength).toString('hex'),
  };
}

/** The results of a computation bit by bit; its random numbers begin anew. */
export function bits(compute: () => Tensor | readonly Tensor[]): Bits[] {
  setSeed(7);
  return scope(() => [compute()].flat().map((each) => bitsOf(each as Tensor)));
}

/** Expects that the graph gives what the function gives. */
export function expectSameBits(graph: Graph, f: TracedFunction, inputs: readonly Tensor[]): void {
  expect(bits(() => graph.run(inputs))).toEqual(bits(() => f(...inputs)));
}
