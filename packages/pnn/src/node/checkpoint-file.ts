import { createHash } from 'node:crypto';
import { FormatError, type HostArray } from '@pnn/nn';
import { loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { type Checkpoint, checkpointMetadata, parseCheckpoint } from '../training/checkpoint.js';

const DIGEST_KEY = 'pnn.sha256';
/** A hash takes less than 2 GiB at once. */
const MAX_UPDATE = 2 ** 30;

/** SHA-256 over everything that a checkpoint holds, so that damage shows that neither JSON nor safetensors can tell. */
function digestOf(tensors: ReadonlyMap<string, HostArray>, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  const { [DIGEST_KEY]: _, ...texts } = metadata;
  hash.update(JSON.stringify(Object.entries(texts).sort()));
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, dtype, shape]));
    for (let start = 0; start < data.byteLength; start += MAX_UPDATE) {
      const length = Math.min(MAX_UPDATE, data.byteLength - start);
      hash.update(new Uint8Array(data.buffer, data.byteOffset + start, length));
    }
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
  await saveSafetensors(path, tensors, {
    metadata: { ...metadata, [DIGEST_KEY]: digestOf(tensors, metadata) },
  });
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
