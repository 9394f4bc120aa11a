import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { Optimizer, type OptimizerHyperparameters, type OptimizerOptions } from './optimizer.js';

/** Options of the optimizers that keep two moments of the gradients. */
export interface MomentOptions extends OptimizerOptions {
  /**
   * The shares of the two moments that are left after a step, each from 0 to below 1.
   *
   * @default [0.9, 0.999]
   */
  readonly betas?: readonly [number, number];
  /**
   * Added to the root of the second moment, above 0.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

/** @throws ArgumentError where these are not two numbers from 0 to below 1 */
export function checkBetas(owner: string, betas: readonly number[]): void {
  const areBetas = betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1);
  checkOption(areBetas, owner, 'betas', 'two numbers from 0 to below 1', `[${betas}]`);
}

/** @throws ArgumentError where it is not above 0 and finite */
export function checkEpsilon(owner: string, epsilon: number): void {
  checkOption(epsilon > 0 && Number.isFinite(epsilon), owner, 'epsilon', 'a finite number above 0', epsilon);
}

/** @throws ArgumentError where it is not from 0 to below 1 */
export function checkMomentum(owner: string, momentum: number | undefined): asserts momentum is number {
  const isMomentum = momentum !== undefined && momentum >= 0 && momentum < 1;
  checkOption(isMomentum, owner, 'momentum', 'from 0 to below 1', momentum);
}

/** An optimizer whose first beta is a momentum that may change from step to step. */
export abstract class OptimizerWithBetas extends Optimizer {
  #betas: readonly [number, number];

  protected constructor(
    name: string,
    parameters: ParametersOrGroups,
    options: OptimizerHyperparameters & { readonly betas: readonly [number, number] },
    momentNames: readonly string[],
  ) {
    checkBetas(name, options.betas);
    super(name, parameters, options, momentNames);
    this.#betas = options.betas;
  }

  protected get betas(): readonly [number, number] {
    return this.#betas;
  }

  override get momentum(): number {
    return this.#betas[0];
  }
  override set momentum(value: number | undefined) {
    checkMomentum(this.name, value);
    this.#betas = [value, this.#betas[1]];
  }
}
