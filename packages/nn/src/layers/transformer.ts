import type { RandomOptions, Tensor } from '@pnn/tensor';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { GELU, ReLU } from './activation.js';
import { type AttentionMasks, MultiheadAttention } from './attention.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { ModuleList } from './module-collections.js';
import { LayerNorm } from './normalization.js';

/** Options of a layer of a transformer. */
export interface TransformerLayerOptions extends RandomOptions {
  /**
   * The width between the two linear layers.
   *
   * @default 2048
   */
  readonly dimFeedforward?: number;
  /**
   * The probability of every dropout.
   *
   * @default 0.1
   */
  readonly dropout?: number;
  /**
   * What is between the two linear layers: `relu`, `gelu`, or a module for this layer alone, such as a polynomial
   * activation.
   *
   * @default 'relu'
   */
  readonly activation?: 'relu' | 'gelu' | Module;
  /**
   * What normalizations add to the variance.
   *
   * @default 1e-5
   */
  readonly epsilon?: number;
  /**
   * Whether inputs and outputs are [N,L,E], not [L,N,E].
   *
   * @default false
   */
  readonly batchFirst?: boolean;
  /**
   * Whether normalization stands before attention and linear layers, not behind the sums (Xiong et al., arXiv 2002.04745).
   *
   * @default false
   */
  readonly normFirst?: boolean;
}

function activationOf(owner: string, activation: 'relu' | 'gelu' | Module): Module {
  if (activation instanceof Module) return activation;
  checkOption(
    activation === 'relu' || activation === 'gelu',
    owner,
    'activation',
    "'relu', 'gelu' or a module",
    activation,
  );
  return activation === 'relu' ? new ReLU() : new GELU();
}

/** What layers of encoder and decoder share: self-attention and the linear layers. */
abstract class TransformerLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly activation: Module;
  /** Private, since the activation would be found in them as well. */
  readonly #options: TransformerLayerOptions;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    options: TransformerLayerOptions,
  ) {
    super();
    this.#options = options;
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu' } = options;
    this.selfAttn = this.attention();
    this.linear1 = new Linear(dModel, dimFeedforward, options);
    this.dropout = new Dropout(dropout, options.generator);
    this.linear2 = new Linear(dimFeedforward, dModel, options);
    this.activation = activationOf(this.constructor.name, activation);
  }

  override describe(): string {
    return `${this.dModel}, ${this.nhead} heads${this.#options.normFirst ? ', norm first' : ''}`;
  }

  protected attention(): MultiheadAttention {
    const { dropout = 0.1, ...others } = this.#options;
    return new MultiheadAttention(this.dModel, this.nhead, { ...others, dropout });
  }

  protected norm(): LayerNorm {
    return new LayerNorm(this.dModel, this.#options);
  }

  protected drop(): Dropout {
    return new Dropout(this.#options.dropout ?? 0.1, this.#options.generator);
  }

  protected feedForward(x: Tensor): Tensor {
    return this.linear2.forward(this.dropout.forward(this.activation.forward(this.linear1.forward(x))));
  }

  /** x plus what the block makes of it, with the normalization before the block or behind the sum. */
  protected add(x: Tensor, norm: LayerNorm, dropout: Dropout, block: (x: Tensor) => Tensor): Tensor {
    return this.#options.normFirst
      ? x.add(dropout.forward(block(norm.forward(x))))
      : norm.forward(x.add(dropout.forward(block(x))));
  }
}

/**
 * A layer of the encoder (Vaswani et al., arXiv 1706.03762, section 3.1): self-attention and two linear layers, each with
 * a shortcut and normalization. [L,N,E] → [L,N,E], or with the samples first, if `batchFirst` says so.
 */
export class TransformerEncoderLayer extends TransformerLayer {
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  /** @throws ArgumentError where the heads do not divide the features, or an option is not valid */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    this.norm1 = this.norm();
    this.norm2 = this.norm();
    this.dropout1 = this.drop();
    this.dropout2 = this.drop();
  }

  /** @param masks the attention mask, or all that says who may look where */
  override forward(x: Tensor, masks: Tensor | AttentionMasks = {}): Tensor {
    const attended = this.add(x, this.norm1, this.dropout1, (y) => this.selfAttn.forward(y, y, y, masks));
    return this.add(attended, this.norm2, this.dropout2, (y) => this.feedForward(y));
  }
}

/**
 * A layer of the decoder (Vaswani et al., arXiv 1706.03762, section 3.1): an encoder layer that also looks at what an
 * encoder has made, the memory.
 */
export class TransformerDecoderLayer extends TransformerLayer {
  readonly multiheadAttn: MultiheadAttention;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  /** @throws ArgumentError where the heads do not divide the features, or an option is not valid */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    this.multiheadAttn = this.attention();
    this.norm1 = this.norm();
    this.norm2 = this.norm();
    this.norm3 = this.norm();
    this.dropout1 = this.drop();
    this.dropout2 = this.drop();
    this.dropout3 = this.drop();
  }

  /**
   * @param masks who of the target may look at whom of it: the attention mask, or all masks
   * @param memoryMasks who of the target may look at whom of the memory
   */
  override forward(
    target: Tensor,
    memory: Tensor,
    masks: Tensor | AttentionMasks = {},
    memoryMasks: Tensor | AttentionMasks = {},
  ): Tensor {
    const own = this.add(target, this.norm1, this.dropout1, (y) => this.selfAttn.forward(y, y, y, masks));
    const both = this.add(own, this.norm2, this.dropout2, (y) =>
      this.multiheadAttn.forward(y, memory, memory, memoryMasks),
    );
    return this.add(both, this.norm3, this.dropout3, (y) => this.feedForward(y));
  }
}

/** Layers of an encoder one after the other, and a normalization behind them where it is given. */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;

  /** @throws ArgumentError where the number of layers is not a positive integer */
  constructor(
    makeLayer: () => TransformerEncoderLayer,
    numLayers: number,
    readonly norm?: Module,
  ) {
    super();
    checkLayers('TransformerEncoder', numLayers);
    this.layers = new ModuleList(Array.from({ length: numLayers }, makeLayer));
  }

  /** @param masks the attention mask, or all that says who may look where, in every layer */
  override forward(x: Tensor, masks: Tensor | AttentionMasks = {}): Tensor {
    let value = x;
    for (const layer of this.layers) value = layer.forward(value, masks);
    return this.norm ? this.norm.forward(value) : value;
  }
}

/** Layers of a decoder one after the other, and a normalization behind them where it is given. */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;

  /** @throws ArgumentError where the number of layers is not a positive integer */
  constructor(
    makeLayer: () => TransformerDecoderLayer,
    numLayers: number,
    readonly norm?: Module,
  ) {
    super();
    checkLayers('TransformerDecoder', numLayers);
    this.layers = new ModuleList(Array.from({ length: numLayers }, makeLayer));
  }

  /**
   * @param masks who of the target may look at whom of it, in every layer
   * @param memoryMasks who of the target may look at whom of the memory, in every layer
   */
  override forward(
    target: Tensor,
    memory: Tensor,
    masks: Tensor | AttentionMasks = {},
    memoryMasks: Tensor | AttentionMasks = {},
  ): Tensor {
    let value = target;
    for (const layer of this.layers) value = layer.forward(value, memory, masks, memoryMasks);
    return this.norm ? this.norm.forward(value) : value;
  }
}

function checkLayers(owner: string, numLayers: number): void {
  checkOption(Number.isInteger(numLayers) && numLayers > 0, owner, 'numLayers', 'a positive integer', numLayers);
}
