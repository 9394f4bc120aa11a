import {
  type HostArray,
  readSafetensors,
  type SafetensorsContent,
  type SafetensorsOptions,
  safetensorsParts,
  type Tensor,
} from '@pnn/tensor';
import type { Module } from '../module.js';
import { toPyTorchNames } from '../pytorch-names.js';
import { type LoadStateOptions, StateDictError, toHostArrays } from '../state-dict.js';
import { readFileAs, writeFileAtomically } from './files.js';

/**
 * Reads a safetensors file of any size; see `readSafetensors` for the types it may hold.
 *
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not a safetensors file or holds what a host array cannot
 */
export async function loadSafetensors(path: string): Promise<SafetensorsContent> {
  return readFileAs(path, (byteLength) => readSafetensors(byteLength, path));
}

/**
 * Writes tensors, of any device, or plain data to a safetensors file, atomically. Plain data must not be changed meanwhile.
 *
 * @throws DTypeError, ShapeError or ArgumentError where the tensors or the metadata cannot be written
 * @throws DisposedError where a tensor was freed
 * @throws FileError where the file cannot be written
 */
export async function saveSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor | HostArray> | Readonly<Record<string, Tensor | HostArray>>,
  options?: SafetensorsOptions,
): Promise<void> {
  const byName: ReadonlyMap<string, Tensor | HostArray> =
    tensors instanceof Map ? tensors : new Map(Object.entries(tensors));
  await writeFileAtomically(path, safetensorsParts(await toHostArrays(byName), options));
}

/** How the weights of a module are written. */
export interface SaveWeightsOptions extends SafetensorsOptions {
  /**
   * By which names the file calls the tensors: those of the module, or what PyTorch calls them (see `pyTorchName`).
   *
   * @default 'own'
   */
  readonly names?: 'own' | 'pytorch';
}

/**
 * Writes the parameters and buffers of a module to a safetensors file, atomically: its `stateDict()`.
 *
 * @throws ArgumentError where the metadata cannot be written, or a number is too large for the type it is stored as
 * @throws StateDictError where two tensors would get the same name in PyTorch
 * @throws FileError where the file cannot be written
 */
export async function saveWeights(path: string, module: Module, options: SaveWeightsOptions = {}): Promise<void> {
  const state = module.stateDict();
  await saveSafetensors(path, options.names === 'pytorch' ? toPyTorchNames(state) : state, options);
}

/**
 * Copies the tensors of a safetensors file into the parameters and buffers of a module that was built as the saved one.
 *
 * @returns the metadata of the file
 * @throws FileError where the file cannot be read
 * @throws FormatError where it is not a safetensors file, or a part of one
 * @throws StateDictError that names the file and lists what does not fit the module; nothing is changed then
 */
export async function loadWeights(
  path: string,
  module: Module,
  options: LoadStateOptions = {},
): Promise<Record<string, string>> {
  const { tensors, metadata } = await loadSafetensors(path);
  try {
    module.loadStateDict(tensors, options);
  } catch (cause) {
    if (cause instanceof StateDictError) throw new StateDictError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
  return metadata;
}
