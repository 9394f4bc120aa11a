import { createHash } from 'node:crypto';
import { FormatError, type HostArray, randomState, restoreRandomState, type Sequential } from '@pnn/nn';
import { loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { polynomialActivations } from '../activation/polynomial-activations.js';
import type { ChannelStatistics } from '../data/index.js';
import { buildNetwork, type Experiment, type ExperimentSettings, type ImageShape } from '../experiment/index.js';
import { type Checkpoint, checkpointMetadata, parseCheckpoint } from '../training/index.js';

const FORMAT_KEY = 'pnn.network';
const DIGEST_KEY = 'pnn.sha256';

/** What a file says of its network, and everything that is needed to use it. */
export interface NetworkDescription extends ImageShape {
  readonly version: 1;
  readonly settings: ExperimentSettings;
  /** What images are to be normalised with. */
  readonly statistics: ChannelStatistics;
  /** The polynomial activations in order. */
  readonly activations: readonly {
    readonly name: string;
    readonly target: string;
    readonly degree: number;
    readonly bound: number;
    readonly alpha: number;
    /** Whether the polynomial is in use; not where the training diverged in the warm-up, which is made with the target. */
    readonly approximating: boolean;
  }[];
}

/** A trained network that came from a file. */
export interface SavedNetwork {
  /** In evaluation mode; takes images normalised with the statistics, [count, channels, height, width]. */
  readonly network: Sequential;
  readonly description: NetworkDescription;
}

/**
 * Writes parameters and buffers of a network as safetensors, atomically; its settings, the shape, classes and
 * normalisation of its images and the range of every polynomial go to the metadata.
 *
 * @throws FileError where the file cannot be written
 */
export async function saveNetwork(path: string, experiment: Experiment): Promise<void> {
  const { network, settings, shape, statistics } = experiment;
  const activations = experiment.activations.map(([name, { fit, bound, alpha, approximating }]) => ({
    name,
    target: fit.target,
    degree: fit.degree,
    bound,
    alpha,
    approximating,
  }));
  const description: NetworkDescription = { version: 1, settings, ...shape, statistics, activations };
  await saveSafetensors(path, network.stateDict(), { [FORMAT_KEY]: JSON.stringify(description) });
}

function parseDescription(path: string, text: string | undefined): NetworkDescription {
  if (text === undefined)
    throw new FormatError(`${path} is no network of this software: its metadata has no ${FORMAT_KEY}`);
  let description: Partial<NetworkDescription> | null;
  try {
    description = JSON.parse(text) as Partial<NetworkDescription> | null;
  } catch (error) {
    throw new FormatError(`${path}: the metadata ${FORMAT_KEY} is no JSON`, { cause: error });
  }
  if (description?.version !== 1)
    throw new FormatError(`${path}: version ${description?.version} is not known, only 1 is`);
  const parts = ['settings', 'channels', 'height', 'width', 'classes', 'statistics', 'activations'] as const;
  const missing = parts.filter((part) => description[part] === undefined);
  if (missing.length > 0) throw new FormatError(`${path}: the metadata ${FORMAT_KEY} lacks ${missing.join(', ')}`);
  return description as NetworkDescription;
}

/** The network of the description with the values of the tensors; draws nothing from the program's random streams. */
function restoreNetwork(description: NetworkDescription, tensors: ReadonlyMap<string, HostArray>): Sequential {
  const random = randomState();
  try {
    const network = buildNetwork(description.settings, description);
    try {
      network.loadStateDict(tensors);
    } catch (error) {
      network.dispose();
      throw error;
    }
    for (const [i, [, activation]] of polynomialActivations(network).entries()) {
      activation.approximating = description.activations[i]!.approximating;
    }
    return network.eval();
  } finally {
    restoreRandomState(random);
  }
}

/**
 * Reads what `saveNetwork` wrote: a network that gives the very outputs of the one that was saved.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not such a file, or its tensors are not those of the network that it describes
 */
export async function loadNetwork(path: string): Promise<SavedNetwork> {
  const { tensors, metadata } = await loadSafetensors(path);
  const description = parseDescription(path, metadata[FORMAT_KEY]);
  try {
    return { network: restoreNetwork(description, tensors), description };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`${path}: its tensors and its description are not those of one network (${reason})`, {
      cause: error,
    });
  }
}

/** SHA-256 over everything that a checkpoint holds, so that damage shows that neither JSON nor safetensors can tell. */
function digestOf(tensors: ReadonlyMap<string, HostArray>, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  const { [DIGEST_KEY]: _, ...texts } = metadata;
  hash.update(JSON.stringify(Object.entries(texts).sort()));
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/**
 * Writes a checkpoint as safetensors, atomically.
 *
 * @throws FileError where the file cannot be written
 */
export async function saveCheckpoint(path: string, { tensors, state }: Checkpoint): Promise<void> {
  const metadata = checkpointMetadata(state);
  await saveSafetensors(path, tensors, { ...metadata, [DIGEST_KEY]: digestOf(tensors, metadata) });
}

/**
 * Reads what `saveCheckpoint` wrote.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is no checkpoint, or a single bit of it has changed
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const content = await loadSafetensors(path);
  const checkpoint = parseCheckpoint(content, path);
  if (content.metadata[DIGEST_KEY] !== digestOf(content.tensors, content.metadata)) {
    throw new FormatError(`${path} is damaged: its content does not match its checksum`);
  }
  return checkpoint;
}
