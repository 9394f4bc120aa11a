import { type InterpolationOptions, interpolate, pixelShuffle, pixelUnshuffle, type Tensor } from '@pnn/tensor';
import { Module } from '../module.js';

/** Lines, planes or volumes [N,C,…] resized by `interpolate`. */
export class Upsample extends Module {
  constructor(protected readonly options: InterpolationOptions) {
    super();
  }

  override describe(): string {
    const { size, scaleFactor, mode = 'nearest', alignCorners } = this.options;
    const target = size === undefined ? `factor ${scaleFactor}` : `size ${size}`;
    return [target, mode, ...(alignCorners ? ['aligned corners'] : [])].join(', ');
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}

/** Channels become places: [N,C·r²,H,W] → [N,C,H·r,W·r] with factor r. */
export class PixelShuffle extends Module {
  constructor(readonly factor: number) {
    super();
  }

  override describe(): string {
    return String(this.factor);
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

/** Places become channels: [N,C,H·r,W·r] → [N,C·r²,H,W] with factor r. */
export class PixelUnshuffle extends Module {
  constructor(readonly factor: number) {
    super();
  }

  override describe(): string {
    return String(this.factor);
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}
