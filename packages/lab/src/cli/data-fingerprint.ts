import { createHash } from 'node:crypto';
import { type Dataset, sizeOf } from '@pnn/nn';

/** Samples that are read at a time. */
const BLOCK = 1000;

const arrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array } as const;

/** SHA-256 over all samples and labels of a data set, for a comparison with that of another machine. */
export function dataFingerprint(dataset: Dataset): string {
  const hash = createHash('sha256');
  const inputSize = sizeOf(dataset.inputShape);
  const labelSize = sizeOf(dataset.labelShape);
  for (let start = 0; start < dataset.length; start += BLOCK) {
    const indices = Int32Array.from({ length: Math.min(BLOCK, dataset.length - start) }, (_, i) => start + i);
    const inputs = new arrays[dataset.inputType](indices.length * inputSize);
    const labels = new arrays[dataset.labelType](indices.length * labelSize);
    dataset.read(indices, inputs, labels);
    for (const each of [inputs, labels]) hash.update(new Uint8Array(each.buffer));
  }
  return hash.digest('hex');
}
