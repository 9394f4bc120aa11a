import { type Dataset, sizeOf } from '@pnn/nn';
import type { SampleRecord } from '../report/record.js';

/**
 * Test images with what the networks make of them, for a report; none if the samples are no images of classes.
 *
 * @param predictions of each network, as `Experiment.predictions` gives them
 */
export function sampleRecords(test: Dataset, predictions: readonly (readonly (readonly number[])[])[]): SampleRecord[] {
  const [channels, height, width] = test.inputShape;
  const areImages = test.inputType === 'uint8' && test.inputShape.length === 3 && (channels === 1 || channels === 3);
  if (!areImages || !test.classes || height === undefined || width === undefined) return [];
  const area = height * width;
  const count = Math.min(test.length, ...predictions.map(({ length }) => length));
  const pixels = new Uint8Array(count * sizeOf(test.inputShape));
  const labels = new Int32Array(count);
  test.read(
    Array.from({ length: count }, (_, i) => i),
    pixels,
    labels,
  );
  return Array.from({ length: count }, (_, i) => ({
    image: Array.from(
      { length: area * channels },
      (__, k) => pixels[(i * channels + (k % channels)) * area + Math.floor(k / channels)]!,
    ),
    height,
    width,
    channels,
    label: labels[i]!,
    predictions: predictions.map((rows) => rows[i]!),
  }));
}
