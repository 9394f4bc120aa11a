import { decodeNpy, encodeNpy, type HostArray } from '@pnn/tensor';
import { readFileBytes, writeFileAtomically } from './files.js';

/**
 * Reads a NumPy .npy file; see `decodeNpy` for the types it may hold.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not a .npy file or holds what a host array cannot
 */
export async function loadNpy(path: string): Promise<HostArray> {
  return decodeNpy(await readFileBytes(path), path);
}

/**
 * Writes a NumPy .npy file, atomically.
 *
 * @throws DTypeError, ShapeError or ArgumentError where the parts of the array do not fit each other
 * @throws FileError where the file cannot be written
 */
export async function saveNpy(path: string, array: HostArray): Promise<void> {
  await writeFileAtomically(path, encodeNpy(array));
}
