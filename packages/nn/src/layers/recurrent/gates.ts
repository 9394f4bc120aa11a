import type { Tensor } from '@pnn/tensor';

/** Weights and biases of one layer in one direction, as PyTorch keeps them: one block of rows for each gate. */
export interface RecurrentWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor | undefined;
  readonly biasHh: Tensor | undefined;
}

/** What a recurrent network does in a step: h [N,H], and the cell c [N,H] where there is one. */
export interface Gates {
  /** The number of blocks of rows in the weights. */
  readonly blocks: number;
  /** The number of tensors that go from step to step. */
  readonly states: number;
  /** What is computed of inputs before the steps, all at once: [..., in] → [..., blocks·H]. */
  project(x: Tensor, weights: RecurrentWeights): Tensor;
  /** The state after a step, from what was projected for it, [N, blocks·H]. */
  step(projected: Tensor, state: readonly Tensor[], weights: RecurrentWeights): Tensor[];
}

/** x·Wᵀ + b_ih + b_hh: where the biases are only ever added, they are added once. */
function projectWithBoth(x: Tensor, { weightIh, biasIh, biasHh }: RecurrentWeights): Tensor {
  const product = x.matmul(weightIh, { transposeB: true });
  return biasIh && biasHh ? product.add(biasIh.add(biasHh)) : product;
}

/** h' = f(W_ih·x + b_ih + W_hh·h + b_hh) (Elman, Cognitive Science 14, 1990). */
export function elmanGates(nonlinearity: 'tanh' | 'relu'): Gates {
  return {
    blocks: 1,
    states: 1,
    project: projectWithBoth,
    step: (projected, [hidden], { weightHh }) => {
      const sum = projected.add(hidden!.matmul(weightHh, { transposeB: true }));
      return [nonlinearity === 'tanh' ? sum.tanh() : sum.relu()];
    },
  };
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber, Neural Computation 9, 1997; with the forget gate of Gers et al., 2000):
 * i, f, o = σ(…), g = tanh(…), c' = f·c + i·g, h' = o·tanh(c').
 */
export const lstmGates: Gates = {
  blocks: 4,
  states: 2,
  project: projectWithBoth,
  step: (projected, [hidden, cell], { weightHh }) => {
    const sums = projected.add(hidden!.matmul(weightHh, { transposeB: true }));
    const [input, forget, candidate, output] = sums.chunk(4, -1) as [Tensor, Tensor, Tensor, Tensor];
    const next = forget.sigmoid().mul(cell!).add(input.sigmoid().mul(candidate.tanh()));
    return [output.sigmoid().mul(next.tanh()), next];
  },
};

/**
 * Gated recurrent unit (Cho et al., arXiv 1406.1078): r, z = σ(…), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)),
 * h' = (1 − z)·n + z·h.
 */
export const gruGates: Gates = {
  blocks: 3,
  states: 1,
  project: (x, { weightIh, biasIh }) => {
    const product = x.matmul(weightIh, { transposeB: true });
    return biasIh ? product.add(biasIh) : product;
  },
  step: (projected, [hidden], { weightHh, biasHh }) => {
    const product = hidden!.matmul(weightHh, { transposeB: true });
    const recurrent = biasHh ? product.add(biasHh) : product;
    const size = hidden!.shape[1]!;
    const [inputGates, inputCandidate] = projected.split([2 * size, size], -1) as [Tensor, Tensor];
    const [hiddenGates, hiddenCandidate] = recurrent.split([2 * size, size], -1) as [Tensor, Tensor];
    const [reset, update] = inputGates.add(hiddenGates).sigmoid().chunk(2, -1) as [Tensor, Tensor];
    const candidate = inputCandidate.add(reset.mul(hiddenCandidate)).tanh();
    return [candidate.add(update.mul(hidden!.sub(candidate)))];
  },
};
