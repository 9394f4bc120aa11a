import { full, type Tensor, type TensorOptions } from '@pnn/tensor';
import { celu, elu, hardsigmoid, hardswish, hardtanh, leakyRelu, prelu, relu6, selu } from '../functions/activation.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { Parameter } from '../parameter.js';

/** x where it is positive, slope·x elsewhere. */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  override describe(): string {
    return String(this.negativeSlope);
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/** Options of PReLU. */
export interface PReLUOptions extends TensorOptions {
  /**
   * The slope at the start.
   *
   * @default 0.25
   */
  readonly initial?: number;
}

/** x where it is positive, w·x elsewhere, with one slope w to be learned, or one for each channel of [N,C,…]. */
export class PReLU extends Module {
  readonly weight: Parameter;

  /** @throws ArgumentError where the number of slopes is not a positive integer */
  constructor(
    readonly slopes = 1,
    options: PReLUOptions = {},
  ) {
    super();
    checkOption(Number.isInteger(slopes) && slopes > 0, 'PReLU', 'slopes', 'a positive integer', slopes);
    this.weight = new Parameter(full([slopes], options.initial ?? 0.25, options));
  }

  override describe(): string {
    return String(this.slopes);
  }

  override forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}

/** x where it is positive, α·(e^x − 1) elsewhere. */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }

  override describe(): string {
    return String(this.alpha);
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** ELU scaled so that the mean 0 and the variance 1 of its inputs stay. */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x where it is positive, α·(e^(x/α) − 1) elsewhere. */
export class CELU extends Module {
  /** @throws ArgumentError where α is not positive */
  constructor(readonly alpha = 1) {
    super();
    checkOption(alpha > 0, 'CELU', 'alpha', 'positive', alpha);
  }

  override describe(): string {
    return String(this.alpha);
  }

  override forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }
}

/** x limited to [low, high]. */
export class Hardtanh extends Module {
  /** @throws ArgumentError where low is not below high */
  constructor(
    readonly low = -1,
    readonly high = 1,
  ) {
    super();
    checkOption(low < high, 'Hardtanh', 'low', `below high (${high})`, low);
  }

  override describe(): string {
    return `${this.low} to ${this.high}`;
  }

  override forward(x: Tensor): Tensor {
    return hardtanh(x, this.low, this.high);
  }
}

/** min(max(x, 0), 6). */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** min(max(x + 3, 0), 6)/6. */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** x·min(max(x + 3, 0), 6)/6. */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}
