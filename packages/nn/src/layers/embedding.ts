import { arange, normal, type RandomOptions, randomStream, scope, type Tensor } from '@pnn/tensor';
import { embedding } from '../functions/embedding.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { Parameter } from '../parameter.js';

/** Options of an embedding. */
export interface EmbeddingOptions extends RandomOptions {
  /** The index of what only fills up: its row starts at 0 and is not trained; negative ones count from the end. */
  readonly paddingIdx?: number;
}

/** A row of a table for each index: int32 [...] → [..., embeddingDim]. Rows start normally distributed. */
export class Embedding extends Module {
  readonly weight: Parameter;
  readonly paddingIdx: number | undefined;

  /** @throws ArgumentError where a size is not a positive integer, or the padding no row */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    for (const [name, size] of Object.entries({ numEmbeddings, embeddingDim })) {
      checkOption(Number.isInteger(size) && size > 0, 'Embedding', name, 'a positive integer', size);
    }
    const { paddingIdx, generator = randomStream('initialisation') } = options;
    if (paddingIdx !== undefined) {
      const valid = Number.isInteger(paddingIdx) && paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings;
      const expected = `an integer from ${-numEmbeddings} to ${numEmbeddings - 1}`;
      checkOption(valid, 'Embedding', 'paddingIdx', expected, paddingIdx);
      this.paddingIdx = paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    }
    this.weight = scope(() => {
      const drawn = normal([numEmbeddings, embeddingDim], 0, 1, { ...options, generator });
      if (this.paddingIdx === undefined) return new Parameter(drawn);
      const rows = arange(0, numEmbeddings, 1, { ...options, dtype: 'int32' }).unsqueeze(1);
      return new Parameter(drawn.maskedFill(rows.equal(this.paddingIdx), 0));
    });
  }

  override describe(): string {
    const padding = this.paddingIdx === undefined ? '' : `, padding ${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }

  /**
   * @throws DTypeError where the indices are not int32
   * @throws ArgumentError where an index is not that of a row
   */
  override forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, this.paddingIdx);
  }
}
