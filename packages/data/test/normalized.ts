import { type ChannelStatistics, type Dataset, sizeOf } from '@pnn/nn';

/** All inputs of the data set as they are kept, one after another. */
export function storedInputs(dataset: Dataset): Uint8Array | Int32Array | Float32Array | Float64Array {
  const arrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
  const labelArrays = { int32: Int32Array, float32: Float32Array, float64: Float64Array };
  const inputs = new arrays[dataset.inputType](dataset.length * sizeOf(dataset.inputShape));
  const labels = new labelArrays[dataset.labelType](dataset.length * sizeOf(dataset.labelShape));
  dataset.read(
    Array.from({ length: dataset.length }, (_, i) => i),
    inputs,
    labels,
  );
  return inputs;
}

/**
 * (x − mean)/std of every input, a byte being byte/255: computed in double precision and rounded once to the type of a
 * batch. What loaders hand out has these bits.
 */
export function normalized(dataset: Dataset, { mean, std }: ChannelStatistics): Float32Array | Float64Array {
  const stored = storedInputs(dataset);
  const area = sizeOf(dataset.inputShape) / mean.length;
  const scale = dataset.inputType === 'uint8' ? 255 : 1;
  const values = new (dataset.inputType === 'float64' ? Float64Array : Float32Array)(stored.length);
  for (let i = 0; i < stored.length; i++) {
    const channel = Math.floor(i / area) % mean.length;
    values[i] = (stored[i]! / scale - mean[channel]!) / std[channel]!;
  }
  return values;
}
