import { ArgumentError, type HostArray, Linear, type Module, type Tensor } from '@pnn/nn';
import { polynomialActivations } from '@pnn/pnn';

/** A trained network that another training begins with. */
export interface StartingPoint {
  /** Parameters and buffers by their names; those of a last layer for other outputs are not used. */
  readonly tensors: ReadonlyMap<string, HostArray>;
  /** Whether the polynomials stay as they were, bounds and coefficients, or those of the new network are used. */
  readonly polynomials: 'kept' | 'new';
  /**
   * Whether everything but the last linear layer keeps its parameters. The running statistics of BatchNorm follow the new
   * data all the same.
   */
  readonly frozen: boolean;
}

/** The last linear layer of a network, which gives its outputs. */
function lastLinear(network: Module): readonly [name: string, layer: Linear] {
  const found = [...network.namedModules()].findLast((named): named is [string, Linear] => named[1] instanceof Linear);
  if (!found) throw new ArgumentError('beginWith: the network has no linear layer that could learn other outputs');
  return found;
}

function isIn(tensor: string, module: string): boolean {
  return tensor.startsWith(`${module}.`);
}

/**
 * Gives a new network the tensors of a trained one. Its last linear layer stays as it is if the trained one has other
 * outputs.
 *
 * @throws StateDictError if the networks are not of one model
 * @throws ArgumentError if the network has no linear layer
 */
export function beginWith(network: Module, { tensors, polynomials, frozen }: StartingPoint): void {
  const [headName, head] = lastLinear(network);
  const own = network.stateDict();
  const weight = `${headName}.weight`;
  const fits = String(own.get(weight)?.shape) === String(tensors.get(weight)?.shape);
  const skipped = [
    ...(fits ? [] : [headName]),
    ...(polynomials === 'new' ? polynomialActivations(network).map(([name]) => name) : []),
  ];
  const isSkipped = (name: string) => skipped.some((module) => isIn(name, module));
  const state = new Map<string, Tensor | HostArray>(own);
  for (const [name, tensor] of tensors) if (!isSkipped(name)) state.set(name, tensor);
  network.loadStateDict(state);
  if (!frozen) return;
  network.requireGrad(false);
  head.requireGrad();
}
