import type { Tensor } from '@pnn/tensor';
import { geluTanh } from '../functions/activation.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';

/** max(x, 0). */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** x·sigmoid(x). */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return x.silu();
  }
}

/** x·Φ(x), exact, or close to it by a hyperbolic tangent. */
export class GELU extends Module {
  /** @throws ArgumentError where the form is neither `none` nor `tanh` */
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
    const valid = approximate === 'none' || approximate === 'tanh';
    checkOption(valid, 'GELU', 'approximate', "'none' or 'tanh'", approximate);
  }

  override describe(): string {
    return this.approximate === 'tanh' ? 'tanh' : '';
  }

  override forward(x: Tensor): Tensor {
    return this.approximate === 'tanh' ? geluTanh(x) : x.gelu();
  }
}

/** 1/(1 + e^−x). */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return x.tanh();
  }
}
