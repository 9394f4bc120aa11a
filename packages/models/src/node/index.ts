import { loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { type DescribedNetwork, networkContent, networkFrom, type SavedNetwork } from '../model-file.js';

/**
 * Writes a network and everything that is needed to use it as a safetensors file, atomically.
 *
 * @throws FileError if the file cannot be written
 */
export async function saveNetwork(path: string, network: DescribedNetwork): Promise<void> {
  const { tensors, metadata } = await networkContent(network);
  await saveSafetensors(path, tensors, { metadata });
}

/**
 * Reads what `saveNetwork` wrote, see `decodeNetworkFile`.
 *
 * @throws FileError if the file cannot be read
 * @throws FormatError if it is not such a file, or its tensors are not those of the network that it describes
 */
export async function loadNetwork(path: string): Promise<SavedNetwork> {
  return networkFrom(await loadSafetensors(path), path);
}
