import { formatShape, ShapeError, sameShape, type Tensor } from '@pnn/tensor';
import { Module } from '../module.js';

/** Modules one after the other, named by their positions: `0`, `1`, … */
export class Sequential extends Module {
  readonly #modules: readonly Module[];

  constructor(...modules: readonly Module[]) {
    super();
    this.#modules = modules;
    // Properties, so that the modules are found under their positions.
    Object.assign(this, modules);
  }

  /** The number of modules. */
  get length(): number {
    return this.#modules.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(position: number): Module | undefined {
    return this.#modules.at(position);
  }

  override forward(x: Tensor): Tensor {
    return this.#modules.reduce((value, module) => module.forward(value), x);
  }
}

/** body(x) + shortcut(x), or body(x) + x without a shortcut (He et al., arXiv 1512.03385). */
export class Residual extends Module {
  constructor(
    readonly body: Module,
    readonly shortcut?: Module,
  ) {
    super();
  }

  /** @throws ShapeError where body and shortcut give different shapes, even if they would broadcast */
  override forward(x: Tensor): Tensor {
    const body = this.body.forward(x);
    const shortcut = this.shortcut ? this.shortcut.forward(x) : x;
    if (!sameShape(body.shape, shortcut.shape)) {
      throw new ShapeError(
        `Residual: the body gives ${formatShape(body.shape)} and the shortcut ${formatShape(shortcut.shape)}: ` +
          'a shortcut must give the shape of the body',
      );
    }
    return body.add(shortcut);
  }
}
