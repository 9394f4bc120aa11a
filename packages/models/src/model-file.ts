import {
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  type HostArray,
  type Module,
  type Registry,
  randomState,
  restoreRandomState,
  type SafetensorsContent,
  toHostArrays,
} from '@pnn/nn';
import { activationFactory, polynomialActivations, targets } from '@pnn/pnn';
import { decodeJson, encodeJson } from '@pnn/pnn/codec';
import { type NetworkDescription, networkDescription } from './network-description.js';
import { buildModel, models } from './registry.js';

const FORMAT_KEY = 'pnn.network';

/** A network with what must be known to use it. */
export interface DescribedNetwork extends Omit<NetworkDescription, 'version' | 'activations'> {
  readonly network: Module;
}

/** A trained network that came from a file. */
export interface SavedNetwork {
  /** In evaluation mode; takes samples [B, …inputShape] that were normalized as the description says. */
  readonly network: Module;
  readonly description: NetworkDescription;
}

/**
 * What the safetensors file of a network holds: parameters and buffers as tensors, everything that is needed to use them as
 * metadata.
 *
 * @throws FormatError if the description is not one that could be read again
 */
export async function networkContent({ network, ...described }: DescribedNetwork): Promise<SafetensorsContent> {
  const { model, method, inputShape, inputType, normalization, outputs, classes } = described;
  const activations = polynomialActivations(network).map(([name, { fit, bound, alpha, approximating }]) => ({
    name,
    target: fit.target,
    degree: fit.degree,
    bound,
    alpha,
    approximating,
  }));
  const description: NetworkDescription = {
    version: 2,
    model,
    method,
    inputShape,
    inputType,
    normalization,
    outputs,
    classes,
    activations,
  };
  // Decoding puts the fields in one order, wherever they come from.
  const ordered = networkDescription(description, 'encodeNetworkFile: the description');
  return { tensors: await toHostArrays(network.stateDict()), metadata: { [FORMAT_KEY]: encodeJson(ordered) } };
}

/**
 * A network as the bytes of a safetensors file. Equal networks give equal bytes.
 *
 * @throws FormatError if the description is not one that could be read again
 */
export async function encodeNetworkFile(described: DescribedNetwork): Promise<Uint8Array> {
  const { tensors, metadata } = await networkContent(described);
  return encodeSafetensors(tensors, { metadata });
}

/** The network of the description with the values of the tensors; draws nothing from the program's random streams. */
function restoreNetwork(description: NetworkDescription, tensors: ReadonlyMap<string, HostArray>): Module {
  const { model, method, inputShape, outputs, activations } = description;
  const random = randomState();
  try {
    const network = buildModel(model, { inputShape, outputs, activation: activationFactory(method) });
    try {
      const polynomials = polynomialActivations(network);
      if (polynomials.length !== activations.length) {
        throw new FormatError(`${activations.length} activations are described, the network has ${polynomials.length}`);
      }
      network.loadStateDict(tensors);
      for (const [i, [, activation]] of polynomials.entries()) {
        activation.approximating = activations[i]!.approximating;
        activation.restoreDegree(activations[i]!.degree);
      }
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network.eval();
  } finally {
    restoreRandomState(random);
  }
}

/** @throws FormatError if the file names an entry that nobody has registered */
function checkRegistered(registry: Registry<{ readonly name: string }>, entry: string, file: string): void {
  if (registry.has(entry)) return;
  const { kind } = registry;
  throw new FormatError(
    `${file}: its ${kind} '${entry}' is not registered: do so first by ${kind}s.register(), or with pnn by --import FILE; there are ${registry.names().join(', ')}`,
  );
}

/**
 * Reads what `encodeNetworkFile` made: a network that gives the very outputs of the one that was saved. A model or target
 * of your own must be registered before.
 *
 * @param name of the file, for messages
 * @throws FormatError if it is not such a file, names a model or target that is not registered, or its tensors are not
 *   those of the network that it describes
 */
export function decodeNetworkFile(bytes: Uint8Array, name: string): SavedNetwork {
  return networkFrom(decodeSafetensors(bytes, name), name);
}

/**
 * The network of a safetensors file, see `decodeNetworkFile`.
 *
 * @param name of the file, for messages
 * @throws FormatError as `decodeNetworkFile`
 */
export function networkFrom({ tensors, metadata }: SafetensorsContent, name: string): SavedNetwork {
  const text = metadata[FORMAT_KEY];
  if (text === undefined)
    throw new FormatError(`${name} is no network of this software: its metadata has no ${FORMAT_KEY}`);
  const description = decodeJson(text, networkDescription, `${name}: ${FORMAT_KEY}`);
  checkRegistered(models, description.model.name, name);
  checkRegistered(targets, description.method.target, name);
  try {
    return { network: restoreNetwork(description, tensors), description };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`${name}: its tensors and its description are not those of one network (${reason})`, {
      cause: error,
    });
  }
}
