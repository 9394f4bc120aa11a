import { formatShape, type RandomOptions, ShapeError, type Tensor, zeros } from '@pnn/tensor';
import { Module } from '../../module.js';
import { checkOption } from '../../options.js';
import type { Parameter } from '../../parameter.js';
import { elmanGates, type Gates, gruGates, lstmGates } from './gates.js';
import { recurrentParameter } from './recurrent.js';

/** Options of a recurrent cell. */
export interface RecurrentCellOptions extends RandomOptions {
  /**
   * Whether there are biases.
   *
   * @default true
   */
  readonly bias?: boolean;
}

abstract class RecurrentCell extends Module {
  readonly weightIh: Parameter;
  readonly weightHh: Parameter;
  readonly biasIh: Parameter | undefined;
  readonly biasHh: Parameter | undefined;
  readonly #gates: Gates;

  /** @throws ArgumentError where a size is not a positive integer */
  constructor(
    gates: Gates,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentCellOptions,
  ) {
    super();
    for (const [name, size] of Object.entries({ inputSize, hiddenSize })) {
      checkOption(Number.isInteger(size) && size > 0, this.constructor.name, name, 'a positive integer', size);
    }
    this.#gates = gates;
    const rows = gates.blocks * hiddenSize;
    const parameter = (shape: readonly number[]) => recurrentParameter(shape, hiddenSize, options);
    this.weightIh = parameter([rows, inputSize]);
    this.weightHh = parameter([rows, hiddenSize]);
    if (!(options.bias ?? true)) return;
    this.biasIh = parameter([rows]);
    this.biasHh = parameter([rows]);
  }

  override describe(): string {
    return `${this.inputSize} → ${this.hiddenSize}${this.biasIh ? '' : ', no bias'}`;
  }

  /** The state after a step from x [N,in] or, for a single sample, [in]. */
  protected advance(x: Tensor, state: readonly (Tensor | undefined)[]): Tensor[] {
    const { inputSize, hiddenSize } = this;
    const name = this.constructor.name;
    this.checkInput(x, [1, 2], `[N,${inputSize}] or [${inputSize}]`);
    if (x.shape.at(-1) !== inputSize) {
      throw new ShapeError(`${name}: ${formatShape(x.shape)}: the input must be [N,${inputSize}] or [${inputSize}]`);
    }
    const shape = [...x.shape.slice(0, -1), hiddenSize];
    const parts = Array.from({ length: this.#gates.states }, (_, i) => {
      const part = state[i] ?? zeros(shape, { dtype: x.dtype, device: x.device });
      if (formatShape(part.shape) === formatShape(shape)) return part.reshape([-1, hiddenSize]);
      throw new ShapeError(`${name}: state ${formatShape(part.shape)}: it must be ${formatShape(shape)}`);
    });
    const projected = this.#gates.project(x.reshape([-1, inputSize]), this);
    return this.#gates.step(projected, parts, this).map((part) => part.reshape(shape));
  }
}

/** Options of a cell of a plain recurrent network. */
export interface RNNCellOptions extends RecurrentCellOptions {
  /** @default 'tanh' */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** One step of RNN: x [N,in] and h [N,H] → h' [N,H]. */
export class RNNCell extends RecurrentCell {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    const { nonlinearity = 'tanh' } = options;
    checkOption(
      nonlinearity === 'tanh' || nonlinearity === 'relu',
      'RNNCell',
      'nonlinearity',
      "'tanh' or 'relu'",
      nonlinearity,
    );
    super(elmanGates(nonlinearity), inputSize, hiddenSize, options);
  }

  /**
   * @param hidden h; 0, if not given
   * @throws ShapeError where the shapes do not fit
   */
  override forward(x: Tensor, hidden?: Tensor): Tensor {
    return this.advance(x, [hidden])[0]!;
  }
}

/** One step of GRU: x [N,in] and h [N,H] → h' [N,H]. */
export class GRUCell extends RecurrentCell {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(gruGates, inputSize, hiddenSize, options);
  }

  /**
   * @param hidden h; 0, if not given
   * @throws ShapeError where the shapes do not fit
   */
  override forward(x: Tensor, hidden?: Tensor): Tensor {
    return this.advance(x, [hidden])[0]!;
  }
}

/** The state of LSTM: both [N,H]. */
export interface LSTMState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** One step of LSTM: x [N,in], h and c [N,H] → h' and c' [N,H]. */
export class LSTMCell extends RecurrentCell {
  /** @throws ArgumentError where an option is not valid */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(lstmGates, inputSize, hiddenSize, options);
  }

  /** h' alone: see `step`. */
  override forward(x: Tensor, hidden?: Tensor, cell?: Tensor): Tensor {
    return this.advance(x, [hidden, cell])[0]!;
  }

  /**
   * The state after a step, from 0 if there is none before.
   *
   * @throws ShapeError where the shapes do not fit
   */
  step(x: Tensor, state?: LSTMState): LSTMState {
    const [hidden, cell] = this.advance(x, [state?.hidden, state?.cell]) as [Tensor, Tensor];
    return { hidden, cell };
  }
}
