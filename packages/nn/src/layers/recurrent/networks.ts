import type { Tensor } from '@pnn/tensor';
import { checkOption } from '../../options.js';
import { elmanGates, gruGates, lstmGates } from './gates.js';
import { Recurrent, type RecurrentOptions, type SequenceLengths } from './recurrent.js';

/** What a recurrent network begins with, and how long its sequences are. */
export interface RecurrentStart {
  /** h before the first step: [layers·directions,N,H]; 0, if not given. */
  readonly hidden?: Tensor;
  readonly lengths?: SequenceLengths;
}

/** What LSTM begins with, and how long its sequences are. */
export interface LSTMStart extends RecurrentStart {
  /** c before the first step: [layers·directions,N,H]; 0, if not given. */
  readonly cell?: Tensor;
}

/** Outputs of all steps, and the state behind the last one. */
export interface RecurrentResult {
  /** h of the last layer after each step: [T,N,H] or [N,T,H], with H for each direction. */
  readonly output: Tensor;
  /** h of every layer and direction after the last step: [layers·directions,N,H]. */
  readonly hidden: Tensor;
}

/** Outputs of all steps, and the states behind the last one. */
export interface LSTMResult extends RecurrentResult {
  /** c of every layer and direction after the last step: [layers·directions,N,H]. */
  readonly cell: Tensor;
}

/** Recurrent networks whose state is h alone. */
abstract class PlainRecurrent extends Recurrent {
  /**
   * The outputs of all steps.
   *
   * @param lengths int32 [N], how many steps of each sample there are, if they differ
   */
  override forward(x: Tensor, lengths?: Tensor): Tensor {
    return this.run(x, lengths && { lengths }).output;
  }

  /**
   * The outputs of all steps and the last state, from any state, for sequences of any lengths.
   *
   * @throws ShapeError where the shapes do not fit
   * @throws DTypeError where lengths are not int32
   * @throws ArgumentError where a length that is a number is not from 1 to T
   */
  run(x: Tensor, { hidden, lengths }: RecurrentStart = {}): RecurrentResult {
    const { output, state } = this.read(x, [hidden], lengths);
    return { output, hidden: state[0]! };
  }
}

/** Options of a plain recurrent network. */
export interface RNNOptions extends RecurrentOptions {
  /** @default 'tanh' */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh) over sequences [T,N,in] (Elman, Cognitive Science 14, 1990). */
export class RNN extends PlainRecurrent {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = 'tanh' } = options;
    checkOption(
      nonlinearity === 'tanh' || nonlinearity === 'relu',
      'RNN',
      'nonlinearity',
      "'tanh' or 'relu'",
      nonlinearity,
    );
    super(elmanGates(nonlinearity), inputSize, hiddenSize, options);
  }
}

/** Gated recurrent units over sequences [T,N,in] (Cho et al., arXiv 1406.1078). */
export class GRU extends PlainRecurrent {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(gruGates, inputSize, hiddenSize, options);
  }
}

/** Long short-term memory over sequences [T,N,in] (Hochreiter & Schmidhuber, Neural Computation 9, 1997). */
export class LSTM extends Recurrent {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(lstmGates, inputSize, hiddenSize, options);
  }

  /**
   * The outputs of all steps.
   *
   * @param lengths int32 [N], how many steps of each sample there are, if they differ
   */
  override forward(x: Tensor, lengths?: Tensor): Tensor {
    return this.run(x, lengths && { lengths }).output;
  }

  /**
   * The outputs of all steps and the last state, from any state, for sequences of any lengths.
   *
   * @throws ShapeError where the shapes do not fit
   * @throws DTypeError where lengths are not int32
   * @throws ArgumentError where a length that is a number is not from 1 to T
   */
  run(x: Tensor, { hidden, cell, lengths }: LSTMStart = {}): LSTMResult {
    const { output, state } = this.read(x, [hidden, cell], lengths);
    return { output, hidden: state[0]!, cell: state[1]! };
  }
}
