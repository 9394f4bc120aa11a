export {
  GRUCell,
  LSTMCell,
  type LSTMState,
  type RecurrentCellOptions,
  RNNCell,
  type RNNCellOptions,
} from './cells.js';
export type { RecurrentWeights } from './gates.js';
export {
  GRU,
  LSTM,
  type LSTMResult,
  type LSTMStart,
  type RecurrentResult,
  type RecurrentStart,
  RNN,
  type RNNOptions,
} from './networks.js';
export type { RecurrentOptions, SequenceLengths } from './recurrent.js';
