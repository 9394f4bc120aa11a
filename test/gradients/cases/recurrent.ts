import { GRU, GRUCell, LSTM, LSTMCell, type Module, RNN, RNNCell } from '@pnn/nn';
import { concat, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf } from '../../../packages/tensor/test/oracle.js';
import { type GradientCase, type GradientCases, together } from '../gradient-case.js';
import { type LayerOptions, layerCases } from '../layer-case.js';
import { quarters } from '../points.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const numbers = quarters(-1, 1);
const inputs = (...shape: number[]): fc.Arbitrary<Table> => tablesOf(shape, numbers);

/** Sequences of one or two samples, one or two layers and directions; with two samples, one of them may be shorter. */
function network(
  make: (options: LayerOptions & { numLayers: number; bidirectional: boolean; bias: boolean }) => RNN | GRU | LSTM,
): fc.Arbitrary<GradientCase> {
  return layerCases(
    fc
      .record({
        steps: upTo(3),
        samples: upTo(2),
        numLayers: upTo(2),
        bidirectional: fc.boolean(),
        bias: fc.boolean(),
        shorter: fc.boolean(),
      })
      .chain(({ steps, samples, numLayers, bidirectional, bias, shorter }) =>
        fc.tuple(inputs(steps, samples, 1), inputs(numLayers * (bidirectional ? 2 : 1), samples, 1)).map((tables) => ({
          make: (options: LayerOptions) => make({ numLayers, bidirectional, bias, ...options }),
          inputs: tables,
          apply: (layer: LSTM, x: Tensor, hidden: Tensor) => {
            const lengths = [steps, 1].slice(0, samples);
            const { output, ...last } = layer.run(x, { hidden, ...(shorter && { lengths }) });
            return together([output, ...Object.values(last)]);
          },
          numbers,
        })),
      ),
  );
}

function cell(make: (options: LayerOptions) => Module): fc.Arbitrary<GradientCase> {
  return layerCases(fc.tuple(inputs(2, 2), inputs(2, 1)).map((tables) => ({ make, inputs: tables, numbers })));
}

/** Recurrent networks and their cells, by the names of their classes. */
export const recurrentCases: GradientCases = {
  RNN: network((options) => new RNN(1, 1, options)),
  GRU: network((options) => new GRU(1, 1, options)),
  LSTM: network((options) => new LSTM(1, 1, options)),
  RNNCell: cell((options) => new RNNCell(2, 1, options)),
  GRUCell: cell((options) => new GRUCell(2, 1, options)),
  LSTMCell: layerCases(
    fc.tuple(inputs(2, 2), inputs(2, 1), inputs(2, 1)).map((tables) => ({
      make: (options: LayerOptions) => new LSTMCell(2, 1, { bias: false, ...options }),
      inputs: tables,
      apply: (layer: LSTMCell, x: Tensor, hidden: Tensor, before: Tensor) => {
        const next = layer.step(x, { hidden, cell: before });
        return concat([next.hidden, next.cell]);
      },
      numbers,
    })),
  ),
};
