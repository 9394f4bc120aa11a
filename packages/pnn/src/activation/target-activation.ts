import { Module, type Tensor } from '@pnn/nn';
import { type TargetEntry, type TargetName, targetEntry } from '../fitting/index.js';

/** A target activation by itself, such as the twin of a polynomial network has it. */
export class TargetActivation extends Module {
  readonly #target: TargetEntry;

  /** @throws ArgumentError if no target is registered by the name */
  constructor(target: TargetName | (string & {})) {
    super();
    this.#target = targetEntry(target);
  }

  override describe(): string {
    return this.#target.name;
  }

  override forward(x: Tensor): Tensor {
    return this.#target.apply(x);
  }
}
