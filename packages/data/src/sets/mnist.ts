import { ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type FileSource, readDataFile } from '../file-source.js';
import { decodeIdx } from '../formats/idx.js';
import type { PublishedFile } from '../published-file.js';
import type { DatasetSplits } from '../splits.js';

const SIDE = 28;

/** A data set published in the four files of MNIST. */
interface Publication {
  readonly name: string;
  readonly classes: readonly string[];
  /** Where the files come from. */
  readonly address: string;
  /** Where other programs put them. */
  readonly folders: readonly string[];
  readonly files: readonly PublishedFile[];
}

/** The four files below the addresses of folders, with their bytes and SHA-256. */
function publishedFiles(
  addresses: readonly string[],
  files: readonly (readonly [name: string, bytes: number, sha256: string])[],
): PublishedFile[] {
  return files.map(([name, bytes, sha256]) => ({
    name: `${name}.gz`,
    addresses: addresses.map((address) => `${address}/${name}.gz`),
    bytes,
    sha256,
  }));
}

const FILES =
  'the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, compressed (.gz) or not';

async function readIdx({ name: dataset, address, folders }: Publication, source: FileSource, name: string) {
  const advice = `put ${FILES} there, from ${address}`;
  // Some mirrors have the names that the files got on systems with three letters behind a dot.
  const names = [name, name.replace('-idx', '.idx')].flatMap((each) => [`${each}.gz`, each]);
  const { path, bytes } = await readDataFile({ dataset, source, names, folders, advice });
  return { path, ...decodeIdx(bytes, path) };
}

async function readSplit(publication: Publication, source: FileSource, split: 'train' | 'test'): Promise<ArrayDataset> {
  const { name, classes } = publication;
  const prefix = split === 'train' ? 'train' : 't10k';
  const pixels = await readIdx(publication, source, `${prefix}-images-idx3-ubyte`);
  const [count = 0, height, width] = pixels.shape;
  const images = pixels.data;
  if (!(images instanceof Uint8Array) || pixels.shape.length !== 3 || height !== SIDE || width !== SIDE) {
    throw new FormatError(
      `${name}: ${pixels.path} has values of the shape [${pixels.shape}] in a ${images.constructor.name} where bytes of the shape [count,${SIDE},${SIDE}] are needed`,
    );
  }
  if (count === 0) throw new FormatError(`${name}: ${pixels.path} has no images`);
  const marks = await readIdx(publication, source, `${prefix}-labels-idx1-ubyte`);
  if (!(marks.data instanceof Uint8Array) || marks.shape.length !== 1) {
    throw new FormatError(
      `${name}: ${marks.path} has values of the shape [${marks.shape}] in a ${marks.data.constructor.name} where bytes of the shape [count] are needed`,
    );
  }
  if (marks.data.length !== count) {
    throw new FormatError(
      `${name}: ${pixels.path} has ${count} images and ${marks.path} ${marks.data.length} labels: they do not belong together`,
    );
  }
  const wrong = marks.data.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    throw new FormatError(
      `${name}: ${marks.path} gives image ${wrong} the label ${marks.data[wrong]}, and labels go from 0 to ${classes.length - 1}`,
    );
  }
  const labels = Int32Array.from(marks.data);
  return new ArrayDataset({ inputs: images, inputShape: [1, SIDE, SIDE], labels, classes });
}

async function readSplits(publication: Publication, source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  const train = await readSplit(publication, source, 'train');
  return { name: publication.name, train, test: await readSplit(publication, source, 'test') };
}

function entry(publication: Publication, summary: string): DatasetEntry {
  return {
    name: publication.name,
    summary,
    inputShape: [1, SIDE, SIDE],
    files: `${FILES}, from ${publication.address}`,
    published: publication.files,
    load: (source) => readSplits(publication, source),
  };
}

const mnistPublication: Publication = {
  name: 'mnist',
  classes: Array.from({ length: 10 }, (_, digit) => `${digit}`),
  address: 'http://yann.lecun.com/exdb/mnist or one of its mirrors',
  folders: ['raw', 'MNIST/raw'],
  files: publishedFiles(
    // The authors' own server comes last, for it no longer gives the files to everybody.
    [
      'https://ossci-datasets.s3.amazonaws.com/mnist',
      'https://storage.googleapis.com/cvdf-datasets/mnist',
      'http://yann.lecun.com/exdb/mnist',
    ],
    [
      ['train-images-idx3-ubyte', 9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
      ['train-labels-idx1-ubyte', 28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
      ['t10k-images-idx3-ubyte', 1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
      ['t10k-labels-idx1-ubyte', 4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
    ],
  ),
};

const fashionMnistPublication: Publication = {
  name: 'fashion-mnist',
  classes: ['T-shirt/top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'],
  address: 'https://github.com/zalandoresearch/fashion-mnist',
  folders: ['raw', 'FashionMNIST/raw'],
  files: publishedFiles(
    [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion',
    ],
    [
      ['train-images-idx3-ubyte', 26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
      ['train-labels-idx1-ubyte', 29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
      ['t10k-images-idx3-ubyte', 4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
      ['t10k-labels-idx1-ubyte', 5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
    ],
  ),
};

/**
 * MNIST, 60,000 and 10,000 gray images of handwritten digits, 28x28 (LeCun, Cortes and Burges).
 *
 * @param source holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
 *   `t10k-labels-idx1-ubyte`, each compressed (`.gz`) or not, also as `train-images.idx3-ubyte`; in the folders of
 *   torchvision, `MNIST/raw` or `raw`, they are found as well
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is damaged, or is not of 28x28 byte images or as many labels from 0 to 9
 */
export function mnist(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  return readSplits(mnistPublication, source);
}

/**
 * Fashion-MNIST, 60,000 and 10,000 gray images of garments, 28x28 (Xiao, Rasul and Vollgraf, arXiv 1708.07747).
 *
 * @param source holds the four files, which are named as those of MNIST; in the folders of torchvision,
 *   `FashionMNIST/raw` or `raw`, they are found as well
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is damaged, or is not of 28x28 byte images or as many labels from 0 to 9
 */
export function fashionMnist(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  return readSplits(fashionMnistPublication, source);
}

/** {@link mnist} by name. */
export const mnistDataset = entry(mnistPublication, '70,000 gray images of handwritten digits, 28x28');

/** {@link fashionMnist} by name. */
export const fashionMnistDataset = entry(fashionMnistPublication, '70,000 gray images of garments, 28x28');
