import type { Module } from '@pnn/nn';

/** Makes a new activation for every place in a network. */
export type ActivationFactory = () => Module;

/** The orders of BatchNorm and activation. */
export const normalizationOrders = ['normalization-first', 'activation-first'] as const;

/** Whether an activation sees normalized inputs (as the paper draws it) or is normalized after (as its code ran). */
export type NormalizationOrder = (typeof normalizationOrders)[number];

/** BatchNorm and activation in the order asked for. */
export function normalizedActivation(normalization: Module, activation: Module, order: NormalizationOrder): Module[] {
  return order === 'normalization-first' ? [normalization, activation] : [activation, normalization];
}
