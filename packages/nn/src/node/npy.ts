import { type HostArray, npyParts, readNpy } from '@pnn/tensor';
import { readFileAs, writeFileAtomically } from './files.js';

/**
 * Reads a NumPy .npy file of any size; see `readNpy` for the types it may hold.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not a .npy file or holds what a host array cannot
 */
export async function loadNpy(path: string): Promise<HostArray> {
  return readFileAs(path, (byteLength) => readNpy(byteLength, path));
}

/**
 * Writes a NumPy .npy file, atomically. The array must not be changed meanwhile.
 *
 * @throws DTypeError, ShapeError or ArgumentError where the parts of the array do not fit each other
 * @throws FileError where the file cannot be written
 */
export async function saveNpy(path: string, array: HostArray): Promise<void> {
  await writeFileAtomically(path, npyParts(array));
}
