import {
  ArgumentError,
  concat,
  DTypeError,
  dropoutMask,
  formatShape,
  type Generator,
  type RandomOptions,
  randomStream,
  ShapeError,
  stack,
  Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from '@pnn/tensor';
import { Module } from '../../module.js';
import { checkOption } from '../../options.js';
import { Parameter } from '../../parameter.js';
import type { Gates, RecurrentWeights } from './gates.js';

/** Options of a recurrent network. */
export interface RecurrentOptions extends RandomOptions {
  /**
   * The number of layers, each of which reads the outputs of the one before.
   *
   * @default 1
   */
  readonly numLayers?: number;
  /**
   * Whether there are biases.
   *
   * @default true
   */
  readonly bias?: boolean;
  /**
   * Whether inputs and outputs are [N,T,…], not [T,N,…].
   *
   * @default false
   */
  readonly batchFirst?: boolean;
  /**
   * The probability with which outputs between two layers are dropped while training.
   *
   * @default 0
   */
  readonly dropout?: number;
  /**
   * Whether every layer also reads from the end; its outputs are those of both directions side by side.
   *
   * @default false
   */
  readonly bidirectional?: boolean;
}

/**
 * How many steps of each sample there are, where they differ: int32 [N] or numbers. What follows is not read, outputs there
 * are 0, and the reverse direction begins at the last step that there is. The elements of a tensor are not checked: one
 * beyond T counts as T, one below 1 as no step.
 */
export type SequenceLengths = Tensor | readonly number[];

/** Uniform in ±1/√H, as PyTorch begins. */
export function recurrentParameter(shape: readonly number[], hiddenSize: number, options: RandomOptions): Parameter {
  const limit = 1 / Math.sqrt(hiddenSize);
  const generator = options.generator ?? randomStream('initialisation');
  return new Parameter(uniform(shape, -limit, limit, { ...options, generator }));
}

/** Outputs of all steps of the last layer, and what every layer and direction ended with. */
export interface Sequence {
  /** [T,N,H], with the directions side by side. */
  readonly output: Tensor;
  /** One tensor [layers·directions,N,H] for each part of the state. */
  readonly state: readonly Tensor[];
}

/** Which samples have a step: [T,N,1], and for each step [N,1], or undefined where all have it. */
interface Steps {
  readonly all: Tensor;
  readonly each: readonly (Tensor | undefined)[];
}

/** Recurrent networks of any kind: layers, directions, lengths. */
export abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly batchFirst: boolean;
  readonly #gates: Gates;
  readonly #dropout: number;
  readonly #generator: Generator | undefined;

  /** @throws ArgumentError where a size is not a positive integer, or dropout is not in [0, 1) */
  constructor(
    gates: Gates,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false } = options;
    const owner = this.constructor.name;
    for (const [name, size] of Object.entries({ inputSize, hiddenSize, numLayers })) {
      checkOption(Number.isInteger(size) && size > 0, owner, name, 'a positive integer', size);
    }
    checkOption(dropout >= 0 && dropout < 1, owner, 'dropout', 'at least 0 and below 1', dropout);
    this.#gates = gates;
    this.numLayers = numLayers;
    this.bidirectional = bidirectional;
    this.batchFirst = batchFirst;
    this.#dropout = dropout;
    this.#generator = options.generator;
    const rows = gates.blocks * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      for (const ending of this.#endings(layer)) {
        const features = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
        const add = (name: string, shape: readonly number[]) =>
          Reflect.set(this, name + ending, recurrentParameter(shape, hiddenSize, options));
        add('weightIh', [rows, features]);
        add('weightHh', [rows, hiddenSize]);
        if (!bias) continue;
        add('biasIh', [rows]);
        add('biasHh', [rows]);
      }
    }
  }

  /** How the names of the parameters of a layer end, for each direction: `L0` and `L0Reverse`. */
  #endings(layer: number): string[] {
    return this.bidirectional ? [`L${layer}`, `L${layer}Reverse`] : [`L${layer}`];
  }

  override describe(): string {
    const layers = this.numLayers === 1 ? [] : [`${this.numLayers} layers`];
    const directions = this.bidirectional ? ['both directions'] : [];
    const first = this.batchFirst ? ['batch first'] : [];
    return [`${this.inputSize} → ${this.hiddenSize}`, ...layers, ...directions, ...first].join(', ');
  }

  /** The parameters of a layer in a direction, which are properties such as `weightIhL0` and `biasHhL1Reverse`. */
  weightsOf(layer: number, reverse = false): RecurrentWeights {
    const ending = this.#endings(layer)[reverse ? 1 : 0];
    const get = (name: string) => Reflect.get(this, name + ending) as Tensor | undefined;
    const [weightIh, weightHh] = [get('weightIh'), get('weightHh')];
    if (!weightIh || !weightHh) {
      throw new ArgumentError(`${this.constructor.name}: there is no layer ${layer}${reverse ? ' in reverse' : ''}`);
    }
    return { weightIh, weightHh, biasIh: get('biasIh'), biasHh: get('biasHh') };
  }

  /**
   * Runs over [T,N,in], [N,T,in] or, for a single sample, [T,in].
   *
   * @param state one tensor [layers·directions,N,H] for each part of the state, or undefined where that is 0
   * @throws ShapeError where the shapes do not fit
   * @throws DTypeError where lengths are not int32
   * @throws ArgumentError where a length that is a number is not from 1 to T
   */
  protected read(x: Tensor, state: readonly (Tensor | undefined)[], lengths: SequenceLengths | undefined): Sequence {
    if (x.rank === 2) return this.#readOne(x, state, lengths);
    this.#checkInput(x);
    const timeFirst = this.batchFirst ? x.transpose(0, 1) : x;
    const initial = this.#initialState(timeFirst, state);
    const steps = lengths && this.#steps(timeFirst, lengths);
    const { output, state: final } = this.#readLayers(timeFirst, initial, steps);
    return { output: this.batchFirst ? output.transpose(0, 1) : output, state: final };
  }

  /** A single sample is a batch of one. */
  #readOne(x: Tensor, state: readonly (Tensor | undefined)[], lengths: SequenceLengths | undefined): Sequence {
    const axis = this.batchFirst ? 0 : 1;
    const batch = state.map((part) => part?.unsqueeze(1));
    const { output, state: final } = this.read(x.unsqueeze(axis), batch, lengths);
    return { output: output.squeeze(axis), state: final.map((part) => part.squeeze(1)) };
  }

  #checkInput(x: Tensor): void {
    const layout = this.batchFirst ? '[N,T,' : '[T,N,';
    this.checkInput(x, [3], `${layout}${this.inputSize}], or [T,${this.inputSize}]`);
    if (x.shape[2] === this.inputSize && x.shape[this.batchFirst ? 1 : 0]! > 0) return;
    throw new ShapeError(
      `${this.constructor.name}: ${formatShape(x.shape)}: the input must be ${layout}${this.inputSize}] with a step or more`,
    );
  }

  #initialState(x: Tensor, state: readonly (Tensor | undefined)[]): Tensor[] {
    const shape = [this.numLayers * (this.bidirectional ? 2 : 1), x.shape[1]!, this.hiddenSize];
    return Array.from({ length: this.#gates.states }, (_, i) => {
      const part = state[i] ?? zeros(shape, { dtype: x.dtype, device: x.device });
      if (formatShape(part.shape) === formatShape(shape)) return part;
      throw new ShapeError(
        `${this.constructor.name}: state ${formatShape(part.shape)}: it must be ${formatShape(shape)}: layers and ` +
          'directions, samples, features',
      );
    });
  }

  #steps(x: Tensor, lengths: SequenceLengths): Steps {
    const [count, samples] = x.shape as [number, number];
    const name = this.constructor.name;
    const given = lengths instanceof Tensor ? lengths : this.#checkedLengths(lengths, count, x);
    if (given.dtype !== 'int32') throw new DTypeError(`${name}: lengths are ${given.dtype}: cast() them to int32`);
    if (given.rank !== 1 || given.size !== samples) {
      throw new ShapeError(
        `${name}: lengths ${formatShape(given.shape)}: there must be ${samples}, one for each sample`,
      );
    }
    const positions = tensor(
      Int32Array.from({ length: count }, (_, t) => t),
      { device: x.device },
    );
    const all = given.greater(positions.unsqueeze(1)).unsqueeze(2);
    const shortest = lengths instanceof Tensor ? 0 : Math.min(...lengths);
    return { all, each: all.unbind(0).map((step, t) => (t < shortest ? undefined : step)) };
  }

  #checkedLengths(lengths: readonly number[], count: number, x: Tensor): Tensor {
    const wrong = lengths.find((length) => !Number.isInteger(length) || length < 1 || length > count);
    if (wrong === undefined) return tensor(Int32Array.from(lengths), { device: x.device });
    throw new ArgumentError(`${this.constructor.name}: lengths must be integers from 1 to ${count}, not ${wrong}`);
  }

  #readLayers(x: Tensor, initial: readonly Tensor[], steps: Steps | undefined): Sequence {
    // One list for each part of the state, one entry for each layer and direction.
    const parts = initial.map((part) => part.unbind(0));
    const final: Tensor[][] = initial.map(() => []);
    let output = steps ? withoutRest(x, steps) : x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const directions = this.#endings(layer).map((_, direction) => {
        const place = final[0]!.length;
        const begin = parts.map((part) => part[place]!);
        const sequence = this.#readDirection(
          output,
          this.weightsOf(layer, direction === 1),
          begin,
          steps,
          direction === 1,
        );
        sequence.state.forEach((part, i) => {
          final[i]!.push(part);
        });
        return sequence.output;
      });
      output = directions.length === 1 ? directions[0]! : concat(directions, -1);
      if (layer < this.numLayers - 1) output = this.#drop(output);
    }
    return { output, state: final.map((part) => stack(part)) };
  }

  #readDirection(
    x: Tensor,
    weights: RecurrentWeights,
    initial: readonly Tensor[],
    steps: Steps | undefined,
    reverse: boolean,
  ): Sequence {
    const projected = this.#gates.project(x, weights).unbind(0);
    const outputs: Tensor[] = [];
    let state = initial;
    for (let turn = 0; turn < projected.length; turn++) {
      const t = reverse ? projected.length - 1 - turn : turn;
      const next = this.#gates.step(projected[t]!, state, weights);
      const has = steps?.each[t];
      const before = state;
      state = has ? next.map((part, i) => where(has, part, before[i]!)) : next;
      outputs[t] = state[0]!;
    }
    const output = stack(outputs);
    return { output: steps ? withoutRest(output, steps) : output, state };
  }

  #drop(x: Tensor): Tensor {
    if (!this.training || this.#dropout === 0) return x;
    return x.mul(dropoutMask(x, this.#dropout, this.#generator));
  }
}

/** 0 behind the last step of each sample, whatever is there. */
function withoutRest(x: Tensor, { all }: Steps): Tensor {
  return x.maskedFill(all.logicalNot(), 0);
}
