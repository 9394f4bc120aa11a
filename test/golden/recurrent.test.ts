import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from '@pnn/nn';
import type { FloatDType } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tensors, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';
import { loadGoldenState } from './modules.js';

const tolerances: Tolerances = {
  float64: { relative: 1e-12, scaled: 1e-13 },
  float32: { relative: 1e-5, scaled: 1e-5 },
};

function optionsOf({ attributes }: GoldenCase, dtype: FloatDType) {
  const { numLayers, bias, bidirectional, batchFirst, nonlinearity = 'tanh' } = attributes;
  return {
    numLayers: numLayers as number,
    bias: bias as boolean,
    bidirectional: bidirectional as boolean,
    batchFirst: batchFirst as boolean,
    nonlinearity: nonlinearity as 'tanh' | 'relu',
    dtype,
  };
}

function startOf({ hidden0, cell0 }: Tensors, { attributes }: GoldenCase) {
  return {
    ...(hidden0 && { hidden: hidden0 }),
    ...(cell0 && { cell: cell0 }),
    ...(attributes.lengths && { lengths: attributes.lengths as number[] }),
  };
}

const plain =
  (Network: typeof RNN | typeof GRU): Computation =>
  (given, golden, dtype) => {
    const module = new Network(2, 2, optionsOf(golden, dtype));
    loadGoldenState(module, golden, given);
    const { output, hidden } = module.run(given.x!, startOf(given, golden));
    return { outputs: { y: output, hidden }, module };
  };

const plainCell =
  (Cell: typeof RNNCell | typeof GRUCell): Computation =>
  (given, golden, dtype) => {
    const module = new Cell(2, 3, { bias: golden.attributes.bias as boolean, dtype });
    loadGoldenState(module, golden, given);
    return { outputs: { y: module.forward(given.x!, given.hidden0) }, module };
  };

compareWithGolden(
  'recurrent',
  {
    RNN: plain(RNN),
    GRU: plain(GRU),
    LSTM: (given, golden, dtype) => {
      const module = new LSTM(2, 2, optionsOf(golden, dtype));
      loadGoldenState(module, golden, given);
      const { output, hidden, cell } = module.run(given.x!, startOf(given, golden));
      return { outputs: { y: output, hidden, cell }, module };
    },
    RNNCell: plainCell(RNNCell),
    GRUCell: plainCell(GRUCell),
    LSTMCell: (given, golden, dtype) => {
      const module = new LSTMCell(2, 3, { bias: golden.attributes.bias as boolean, dtype });
      loadGoldenState(module, golden, given);
      const { hidden, cell } = module.step(given.x!, { hidden: given.hidden0!, cell: given.cell0! });
      return { outputs: { y: hidden, cell }, module };
    },
  },
  () => tolerances,
);
