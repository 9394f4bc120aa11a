import { fold, type Pair, type Tensor, type UnfoldOptions, unfold } from '@pnn/tensor';
import { Module } from '../module.js';
import { formatSettings } from './settings.js';

const settings = ['stride', 'padding', 'dilation'];

/** The elements of each window of planes as a column: [N,C,H,W] → [N,C·KH·KW,OH·OW]. */
export class Unfold extends Module {
  constructor(
    readonly kernelSize: Pair,
    protected readonly options: UnfoldOptions = {},
  ) {
    super();
  }

  override describe(): string {
    return [`kernel ${this.kernelSize}`, ...formatSettings(this.options, settings)].join(', ');
  }

  override forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
}

/** Columns added up where the windows lie in planes of a size: [N,C·KH·KW,OH·OW] → [N,C,H,W]. */
export class Fold extends Module {
  constructor(
    readonly outputSize: Pair,
    readonly kernelSize: Pair,
    protected readonly options: UnfoldOptions = {},
  ) {
    super();
  }

  override describe(): string {
    return [`size ${this.outputSize}`, `kernel ${this.kernelSize}`, ...formatSettings(this.options, settings)].join(
      ', ',
    );
  }

  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
}
