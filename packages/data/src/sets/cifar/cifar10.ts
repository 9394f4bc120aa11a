import type { ArrayDataset } from '@pnn/nn';
import type { DatasetEntry } from '../../dataset-entry.js';
import type { FileSource } from '../../file-source.js';
import type { DatasetSplits } from '../../splits.js';
import { CIFAR_SHAPE, type Publication, readSplit } from './records.js';

const publication: Publication = {
  name: 'cifar10',
  labels: [['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']],
  recordsOfFirstFile: 10_000,
  maxBytes: 64 * 2 ** 20,
  folder: 'cifar-10-batches-bin',
  files: 'the six .bin files of the binary version of CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html',
};

/**
 * CIFAR-10, 50,000 and 10,000 color images of ten things, 3x32x32, channels red, green, blue (Krizhevsky, "Learning
 * Multiple Layers of Features from Tiny Images", 2009).
 *
 * @param source holds `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` of the binary version, itself or in
 *   `cifar-10-batches-bin`
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is not made of whole records with labels from 0 to 9
 */
export async function cifar10(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
  const train = await readSplit(publication, source, batches, 0);
  return { name: 'cifar10', train, test: await readSplit(publication, source, ['test_batch.bin'], 0) };
}

/** {@link cifar10} by name. */
export const cifar10Dataset: DatasetEntry = {
  name: 'cifar10',
  summary: '60,000 color images of ten things, 32x32',
  inputShape: CIFAR_SHAPE,
  files: publication.files,
  published: [
    {
      name: 'cifar-10-binary.tar.gz',
      addresses: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
      bytes: 170_052_171,
      // As the checksums of TensorFlow Datasets have it.
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      archive: { format: 'tar.gz', maxBytes: 200_000_000 },
    },
  ],
  // ResNet-8 on 10,000 images, 8 epochs: degree 8 is then 0.4 points above ReLU and degree 2 1.7 below, instead of 2.0 and 4.8 below
  // with coefficients that learn as fast as the weights. Fast coefficients need the average, and its running statistics.
  training: { averageDecay: 0.98, coefficientRate: 30 },
  load: (source) => cifar10(source),
};
