import { formatShape, ones, type Shape, type Tensor, type TensorOptions, zeros } from '@pnn/tensor';
import {
  checkChannels,
  groupNorm,
  type LocalResponseOptions,
  layerNorm,
  localResponseNorm,
  rmsNorm,
} from '../functions/normalization.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { Parameter } from '../parameter.js';

function shapeOf(name: string, normalizedShape: number | Shape): Shape {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  const valid = shape.length > 0 && shape.every((length) => Number.isInteger(length) && length > 0);
  checkOption(valid, name, 'normalizedShape', 'one or more positive integers', formatShape(shape));
  return shape;
}

/** Options of layer normalization. */
export interface LayerNormOptions extends TensorOptions {
  /**
   * Added to the variance.
   *
   * @default 1e-5
   */
  readonly epsilon?: number;
  /**
   * Whether there are a weight and a bias to be learned.
   *
   * @default true
   */
  readonly affine?: boolean;
  /**
   * Whether there is a bias beside the weight.
   *
   * @default true
   */
  readonly bias?: boolean;
}

/** Normalizes each row of the last axes by its own statistics (Ba et al., arXiv 1607.06450). */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly #epsilon: number;

  /**
   * @param normalizedShape the shape of the last axes, or their length if it is one
   * @throws ArgumentError where a length or epsilon is not positive
   */
  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const { epsilon = 1e-5, affine = true, bias = true } = options;
    checkOption(epsilon > 0, 'LayerNorm', 'epsilon', 'positive', epsilon);
    this.normalizedShape = shapeOf('LayerNorm', normalizedShape);
    this.#epsilon = epsilon;
    if (!affine) return;
    this.weight = new Parameter(ones(this.normalizedShape, options), 'normalization');
    if (bias) this.bias = new Parameter(zeros(this.normalizedShape, options), 'normalization');
  }

  override describe(): string {
    return `${this.normalizedShape}${this.weight ? '' : ', not affine'}`;
  }

  /** @throws ShapeError where the last axes of x have another shape */
  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.#epsilon);
  }
}

/** Options of normalization by the root of the mean square. */
export interface RMSNormOptions extends TensorOptions {
  /** Added to the mean of squares; the distance from 1 to the next number of the type, if not given. */
  readonly epsilon?: number;
  /**
   * Whether there is a weight to be learned.
   *
   * @default true
   */
  readonly affine?: boolean;
}

/** Divides each row of the last axes by the root of its mean square (Zhang & Sennrich, arXiv 1910.07467). */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly weight: Parameter | undefined;
  readonly #epsilon: number | undefined;

  /**
   * @param normalizedShape the shape of the last axes, or their length if it is one
   * @throws ArgumentError where a length or epsilon is not positive
   */
  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super();
    const { epsilon, affine = true } = options;
    checkOption(epsilon === undefined || epsilon > 0, 'RMSNorm', 'epsilon', 'positive', epsilon);
    this.normalizedShape = shapeOf('RMSNorm', normalizedShape);
    this.#epsilon = epsilon;
    if (affine) this.weight = new Parameter(ones(this.normalizedShape, options), 'normalization');
  }

  override describe(): string {
    return `${this.normalizedShape}${this.weight ? '' : ', not affine'}`;
  }

  /** @throws ShapeError where the last axes of x have another shape */
  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, this.#epsilon);
  }
}

/** Options of group normalization. */
export interface GroupNormOptions extends TensorOptions {
  /**
   * Added to the variance.
   *
   * @default 1e-5
   */
  readonly epsilon?: number;
  /**
   * Whether there are a weight and a bias to be learned.
   *
   * @default true
   */
  readonly affine?: boolean;
}

/** Normalizes groups of channels of each sample by their statistics: [N,C,…] (Wu & He, arXiv 1803.08494). */
export class GroupNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly #epsilon: number;

  /** @throws ArgumentError where the groups do not divide the channels, or epsilon is not positive */
  constructor(
    readonly groups: number,
    readonly channels: number,
    options: GroupNormOptions = {},
  ) {
    super();
    const { epsilon = 1e-5, affine = true } = options;
    checkOption(epsilon > 0, 'GroupNorm', 'epsilon', 'positive', epsilon);
    const divides = Number.isInteger(groups) && groups > 0 && channels % groups === 0;
    checkOption(divides, 'GroupNorm', 'groups', `a divisor of the ${channels} channels`, groups);
    this.#epsilon = epsilon;
    if (!affine) return;
    this.weight = new Parameter(ones([channels], options), 'normalization');
    this.bias = new Parameter(zeros([channels], options), 'normalization');
  }

  override describe(): string {
    return `${this.groups} groups, ${this.channels}${this.weight ? '' : ', not affine'}`;
  }

  /** @throws ShapeError where there are other channels, or a group has a single number */
  override forward(x: Tensor): Tensor {
    checkChannels(this.constructor.name, x, this.channels);
    return groupNorm(x, this.groups, this.weight, this.bias, this.#epsilon);
  }
}

/** Divides by a power of the mean square of neighboring channels: [N,C,…] (Krizhevsky et al., NeurIPS 2012). */
export class LocalResponseNorm extends Module {
  /** @throws ArgumentError where the size is not a positive integer */
  constructor(
    readonly size: number,
    readonly options: LocalResponseOptions = {},
  ) {
    super();
    checkOption(Number.isInteger(size) && size > 0, 'LocalResponseNorm', 'size', 'a positive integer', size);
  }

  override describe(): string {
    return String(this.size);
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
