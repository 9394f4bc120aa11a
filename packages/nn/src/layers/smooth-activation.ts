import type { Tensor } from '@pnn/tensor';
import { logSigmoid, mish, softsign } from '../functions/activation.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';

/** ln(1 + e^(βx))/β, without overflow. */
export class Softplus extends Module {
  /** @throws ArgumentError where β is not positive */
  constructor(readonly beta = 1) {
    super();
    checkOption(beta > 0, 'Softplus', 'beta', 'positive', beta);
  }

  override describe(): string {
    return this.beta === 1 ? '' : String(this.beta);
  }

  override forward(x: Tensor): Tensor {
    return this.beta === 1 ? x.softplus() : x.mul(this.beta).softplus().div(this.beta);
  }
}

/** x/(1 + |x|). */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** x·tanh(softplus(x)). */
export class Mish extends Module {
  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** ln sigmoid(x), without overflow. */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** e^x / Σ e^x along an axis. */
export class Softmax extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  override describe(): string {
    return `axis ${this.axis}`;
  }

  override forward(x: Tensor): Tensor {
    return x.softmax(this.axis);
  }
}

/** ln(e^x / Σ e^x) along an axis, without overflow. */
export class LogSoftmax extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  override describe(): string {
    return `axis ${this.axis}`;
  }

  override forward(x: Tensor): Tensor {
    return x.logSoftmax(this.axis);
  }
}
