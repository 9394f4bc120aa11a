import { formatShape, type Generator, type RandomOptions, ShapeError, Tensor, zeros } from '@pnn/tensor';
import { attentionWeights, checkMaskType, dropWeights, type ScoreChanges } from '../functions/attention.js';
import { xavierUniform } from '../initialization.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { Parameter } from '../parameter.js';
import { checkMode } from '../running.js';
import { Linear } from './linear.js';

/** Options of multi-head attention. */
export interface MultiheadAttentionOptions extends RandomOptions {
  /**
   * The probability with which a weight is dropped while training.
   *
   * @default 0
   */
  readonly dropout?: number;
  /**
   * Whether there are biases.
   *
   * @default true
   */
  readonly bias?: boolean;
  /** The features of the keys; those of the queries, if not given. */
  readonly kdim?: number;
  /** The features of the values; those of the queries, if not given. */
  readonly vdim?: number;
  /**
   * Whether inputs and outputs are [N,L,E], not [L,N,E].
   *
   * @default false
   */
  readonly batchFirst?: boolean;
}

/** Who may look where: as in PyTorch, true in a mask of truth values is what may *not* be looked at. */
export interface AttentionMasks {
  /** True where a query may not look at a key, or numbers that are added to the scores: [L,S] or [N·heads,L,S]. */
  readonly attentionMask?: Tensor;
  /** True where a key only fills up, or numbers that are added to the scores: [N,S]. */
  readonly keyPaddingMask?: Tensor;
  /**
   * Whether query i may look at the keys up to i only.
   *
   * @default false
   */
  readonly causal?: boolean;
}

/** The output of attention, and how much each query has looked at each key. */
export interface Attended {
  readonly output: Tensor;
  /** [N,heads,L,S], before dropout. */
  readonly weights: Tensor;
}

/**
 * Attention by several heads side by side (Vaswani et al., arXiv 1706.03762, section 3.2.2): query [L,N,E], key [S,N,K],
 * value [S,N,V] → [L,N,E], or with the samples first, if `batchFirst` says so. Weights start xavier-uniform.
 */
export class MultiheadAttention extends Module {
  /** The projections of queries, keys and values, one below the other, where all have the same features. */
  readonly inProjWeight: Parameter | undefined;
  readonly qProjWeight: Parameter | undefined;
  readonly kProjWeight: Parameter | undefined;
  readonly vProjWeight: Parameter | undefined;
  readonly inProjBias: Parameter | undefined;
  readonly outProj: Linear;
  readonly batchFirst: boolean;
  readonly #dropout: number;
  readonly #generator: Generator | undefined;

  /** @throws ArgumentError where the heads do not divide the features, or dropout is not in [0, 1) */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = false } = options;
    const divides = Number.isInteger(numHeads) && numHeads > 0 && embedDim % numHeads === 0;
    checkOption(divides, 'MultiheadAttention', 'numHeads', `a divisor of the ${embedDim} features`, numHeads);
    checkOption(dropout >= 0 && dropout < 1, 'MultiheadAttention', 'dropout', 'at least 0 and below 1', dropout);
    this.batchFirst = batchFirst;
    this.#dropout = dropout;
    this.#generator = options.generator;
    const weight = (rows: number, columns: number) => new Parameter(xavierUniform([rows, columns], options));
    if (kdim === embedDim && vdim === embedDim) this.inProjWeight = weight(3 * embedDim, embedDim);
    else {
      this.qProjWeight = weight(embedDim, embedDim);
      this.kProjWeight = weight(embedDim, kdim);
      this.vProjWeight = weight(embedDim, vdim);
    }
    if (bias) this.inProjBias = new Parameter(zeros([3 * embedDim], options));
    this.outProj = new Linear(embedDim, embedDim, options);
  }

  override describe(): string {
    return `${this.embedDim}, ${this.numHeads} heads${this.batchFirst ? ', batch first' : ''}`;
  }

  /**
   * @param masks the attention mask, or all that says who may look where
   * @throws ShapeError where the shapes do not fit
   * @throws DTypeError where a mask is neither bool nor of the type of the query
   */
  override forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    masks: Tensor | AttentionMasks = {},
  ): Tensor {
    return this.attend(query, key, value, masks).output;
  }

  /**
   * The same as `forward`, with the weights.
   *
   * @throws ShapeError where the shapes do not fit
   * @throws DTypeError where a mask is neither bool nor of the type of the query
   */
  attend(query: Tensor, key: Tensor = query, value: Tensor = key, masks: Tensor | AttentionMasks = {}): Attended {
    if (query.rank === 2 && key.rank === 2 && value.rank === 2) return this.#attendOne(query, key, value, masks);
    this.#check(query, key, value);
    const [q, k, v] = this.#project(query, key, value) as [Tensor, Tensor, Tensor];
    const scale = 1 / Math.sqrt(this.embedDim / this.numHeads);
    const weights = attentionWeights(q, k, scale, this.#changes(q, k, masks));
    const heads = this.#drop(weights).matmul(v);
    // [N,H,L,D] → [N,L,H·D] or [L,N,H·D].
    const [samples, , length] = heads.shape as [number, number, number];
    const leading = this.batchFirst ? [samples, length] : [length, samples];
    const joined = heads.permute(this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).reshape([...leading, this.embedDim]);
    return { output: this.outProj.forward(joined), weights };
  }

  /** A single sample, [L,E], is a batch of one. */
  #attendOne(query: Tensor, key: Tensor, value: Tensor, masks: Tensor | AttentionMasks): Attended {
    const axis = this.batchFirst ? 0 : 1;
    const { keyPaddingMask, ...others } = namedMasks(masks);
    const { output, weights } = this.attend(query.unsqueeze(axis), key.unsqueeze(axis), value.unsqueeze(axis), {
      ...others,
      ...(keyPaddingMask && { keyPaddingMask: keyPaddingMask.unsqueeze(0) }),
    });
    return { output: output.squeeze(axis), weights: weights.squeeze(0) };
  }

  #check(query: Tensor, key: Tensor, value: Tensor): void {
    const [batch, length] = this.batchFirst ? [0, 1] : [1, 0];
    const [kdim, vdim] = [this.kProjWeight, this.vProjWeight].map((weight) => weight?.shape[1] ?? this.embedDim);
    const fits =
      [query, key, value].every(({ rank, shape }) => rank === 3 && shape[batch] === query.shape[batch]) &&
      key.shape[length] === value.shape[length] &&
      query.shape[2] === this.embedDim &&
      key.shape[2] === kdim &&
      value.shape[2] === vdim;
    if (fits) return;
    const layout = (letter: string, features: number) =>
      this.batchFirst ? `[N,${letter},${features}]` : `[${letter},N,${features}]`;
    throw new ShapeError(
      `MultiheadAttention: query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ` +
        `${formatShape(value.shape)}: they must be ${layout('L', this.embedDim)}, ${layout('S', kdim!)} and ` +
        `${layout('S', vdim!)}`,
    );
  }

  /** Queries, keys and values of all heads: [N,H,L,D]. */
  #project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const size = this.embedDim;
    if (this.inProjWeight && query === key && key === value) {
      const projected = this.#affine(query, this.inProjWeight, this.inProjBias);
      const parts = projected.reshape([...query.shape.slice(0, 2), 3, this.numHeads, size / this.numHeads]);
      return parts.permute(this.batchFirst ? [2, 0, 3, 1, 4] : [2, 1, 3, 0, 4]).unbind(0);
    }
    return [query, key, value].map((x, i) => {
      const rows = [i * size, (i + 1) * size] as const;
      const own = [this.qProjWeight, this.kProjWeight, this.vProjWeight][i];
      const projected = this.#affine(x, own ?? this.inProjWeight!.slice([rows]), this.inProjBias?.slice([rows]));
      const heads = projected.reshape([...x.shape.slice(0, 2), this.numHeads, size / this.numHeads]);
      return heads.permute(this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
    });
  }

  #affine(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
    const product = x.matmul(weight, { transposeB: true });
    return bias ? product.add(bias) : product;
  }

  #drop(weights: Tensor): Tensor {
    if (!this.training || this.#dropout === 0) return weights;
    checkMode(this);
    return dropWeights('MultiheadAttention', weights, this.#dropout, this.#generator);
  }

  /** Masks in the shape that broadcasts to [N,H,L,S]. */
  #changes(q: Tensor, k: Tensor, masks: Tensor | AttentionMasks): ScoreChanges {
    const { attentionMask, keyPaddingMask, causal = false } = namedMasks(masks);
    const [samples, heads, queries] = q.shape as [number, number, number];
    const keys = k.shape[2]!;
    const shaped: Tensor[] = [];
    if (attentionMask) {
      shaped.push(
        shapeMask('attentionMask', attentionMask, q, [
          [
            [queries, keys],
            [1, 1, queries, keys],
          ],
          [
            [samples * heads, queries, keys],
            [samples, heads, queries, keys],
          ],
        ]),
      );
    }
    if (keyPaddingMask) {
      shaped.push(
        shapeMask('keyPaddingMask', keyPaddingMask, q, [
          [
            [samples, keys],
            [samples, 1, 1, keys],
          ],
        ]),
      );
    }
    return {
      added: shaped.filter(({ dtype }) => dtype !== 'bool'),
      forbidden: shaped.filter(({ dtype }) => dtype === 'bool'),
      causal,
    };
  }
}

function namedMasks(masks: Tensor | AttentionMasks): AttentionMasks {
  return masks instanceof Tensor ? { attentionMask: masks } : masks;
}

/** The mask in the second shape of the pair of which it has the first one. */
function shapeMask(
  name: string,
  mask: Tensor,
  like: Tensor,
  pairs: readonly (readonly [readonly number[], readonly number[]])[],
): Tensor {
  checkMaskType(`MultiheadAttention: ${name}`, mask, like);
  const pair = pairs.find(([from]) => formatShape(from) === formatShape(mask.shape));
  if (pair) return mask.reshape(pair[1]);
  throw new ShapeError(
    `MultiheadAttention: ${name} ${formatShape(mask.shape)}: it must be ${pairs.map(([from]) => formatShape(from)).join(' or ')}`,
  );
}
