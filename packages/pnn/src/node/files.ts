import { createHash } from 'node:crypto';
import { FormatError, type HostArray } from '@pnn/nn';
import { loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { polynomialActivations } from '../boundary/boundary-loss.js';
import type { Experiment } from '../experiment/index.js';
import { type Checkpoint, checkpointMetadata, parseCheckpoint, toHostArrays } from '../training/index.js';

const FORMAT_KEY = 'pnn.network';
const DIGEST_KEY = 'pnn.sha256';

/** A trained network as it lies in a file: tensors, and what they mean. */
export interface SavedNetwork {
  readonly tensors: ReadonlyMap<string, HostArray>;
  /** The settings of the experiment and the polynomial of every activation. */
  readonly description: {
    readonly version: 1;
    readonly settings: Experiment['settings'];
    readonly activations: readonly {
      readonly name: string;
      readonly target: string;
      readonly degree: number;
      readonly bound: number;
      readonly alpha: number;
    }[];
  };
}

/**
 * Writes parameters and buffers of a network as safetensors, with its settings and the range of every polynomial in the
 * metadata, atomically.
 *
 * @throws FileError where the file cannot be written
 */
export async function saveNetwork(path: string, { network, settings }: Experiment): Promise<void> {
  const activations = polynomialActivations(network).map(([name, { fit, bound, alpha }]) => ({
    name,
    target: fit.target,
    degree: fit.degree,
    bound,
    alpha,
  }));
  const description: SavedNetwork['description'] = { version: 1, settings, activations };
  await saveSafetensors(path, await toHostArrays(network.stateDict()), { [FORMAT_KEY]: JSON.stringify(description) });
}

/**
 * Reads what `saveNetwork` wrote.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not such a file
 */
export async function loadNetwork(path: string): Promise<SavedNetwork> {
  const { tensors, metadata } = await loadSafetensors(path);
  const text = metadata[FORMAT_KEY];
  if (text === undefined)
    throw new FormatError(`${path} is no network of this software: its metadata has no ${FORMAT_KEY}`);
  let description: SavedNetwork['description'];
  try {
    description = JSON.parse(text) as SavedNetwork['description'];
  } catch (error) {
    throw new FormatError(`${path}: the metadata ${FORMAT_KEY} is no JSON`, { cause: error });
  }
  if (description?.version !== 1)
    throw new FormatError(`${path}: version ${description?.version} is not known, only 1 is`);
  return { tensors, description };
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
