import { type Dataset, type InputArrays, type LabelArrays, sizeOf } from '@pnn/nn';

/** Samples that are read at a time. */
const CHUNK = 256;

const inputArrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
const labelArrays = { int32: Int32Array, float32: Float32Array, float64: Float64Array };

/** Samples one after another and their labels, in memory that the next chunk overwrites. */
export interface Chunk {
  readonly inputs: InputArrays[keyof InputArrays];
  readonly labels: LabelArrays[keyof LabelArrays];
  readonly count: number;
}

/** Reads a data set from its first to its last sample, a chunk at a time, in memory that is used again. */
export function* chunksOf(dataset: Dataset): Generator<Chunk> {
  const size = sizeOf(dataset.inputShape);
  const rows = Math.min(CHUNK, dataset.length);
  const inputs = new inputArrays[dataset.inputType](rows * size);
  const labelSize = sizeOf(dataset.labelShape);
  const labels = new labelArrays[dataset.labelType](rows * labelSize);
  for (let start = 0; start < dataset.length; start += rows) {
    const count = Math.min(rows, dataset.length - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    const chunk = { inputs: inputs.subarray(0, count * size), labels: labels.subarray(0, count * labelSize), count };
    dataset.read(indices, chunk.inputs, chunk.labels);
    yield chunk;
  }
}
