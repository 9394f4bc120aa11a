import type { Module } from '@pnn/nn';
import { PolynomialActivation } from './polynomial-activation.js';

/** The polynomial activations of a network with their full names, in order. */
export function polynomialActivations(network: Module): [name: string, activation: PolynomialActivation][] {
  return [...network.namedModules()].flatMap(([name, module]) =>
    module instanceof PolynomialActivation ? [[name, module] as [string, PolynomialActivation]] : [],
  );
}
